// Copies the address, which is the whole view, and says so.

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = Object.assign(document.createElement("textarea"), {value: text});
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

export default function ({parentElement}) {
  const button = parentElement.querySelector("button"), said = parentElement.querySelector("span");
  button.onclick = async () => {
    try {
      await copy(location.href);
      said.textContent = "Copied";
    } catch {
      said.textContent = "Copy the address bar";
    }
    setTimeout(() => { said.textContent = ""; }, 3000);
  };
}
