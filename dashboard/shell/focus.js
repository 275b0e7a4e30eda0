// Focuses the element of a selector. `data` has another number each time, so that the browser calls
// this again.

export default function ({data}) {
  const at = document.querySelector(data.selector);
  if (at?.tabIndex < 0) at.tabIndex = -1;  // so that a container can have the focus
  at?.focus();
}
