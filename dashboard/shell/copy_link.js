// Copies the address, which is the whole view, and says so.

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // not allowed, or not a secure address
    const area = Object.assign(document.createElement("textarea"), {value: text});
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    if (!isCopied) throw new Error("The browser does not allow copying.");
  }
}

export default function ({parentElement}) {
  const button = parentElement.querySelector("button"), said = parentElement.querySelector("span");
  button.onclick = async () => {
    const address = new URL(location.href);
    address.searchParams.delete("embed");
    try {
      await copy(address.href);
      said.textContent = "Copied";
    } catch {
      said.textContent = "Not copied: choose Share";
    }
    setTimeout(() => { said.textContent = ""; }, 3000);
  };
}
