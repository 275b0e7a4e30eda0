// Has a screen reader say a text when it changes, but not when the page opens.

export default function ({data, parentElement}) {
  const line = parentElement.querySelector("p"), before = line.dataset.text;
  line.dataset.text = data;
  if (before && before !== data) line.textContent = data;
}
