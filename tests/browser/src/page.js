// What is looked at in a page: each function returns faults, one sentence each.
(() => {
  const name = (element) => {
    const id = element.id ? "#" + element.id : "";
    const owner = id ? null : element.closest("figure[id], section[id]");
    const inside = owner ? owner.tagName.toLowerCase() + "#" + owner.id + " " : "";
    return inside + element.tagName.toLowerCase() + id;
  };

  // Is it meant to be seen: not within closed details, nor of a version that another switch shows?
  const isMeant = (element) => {
    for (let e = element; e; e = e.parentElement) {
      if (e.hasAttribute("data-shown-by") && !shows(e)) return false;
      const details = e.parentElement?.closest("details:not([open])");
      if (details && !e.closest("summary")) return false;
    }
    return true;
  };

  const inputsOf = (element) =>
    element.getAttribute("data-shown-by").split(/\s+/).filter(Boolean);
  const shows = (element) =>
    inputsOf(element).some((id) => document.getElementById(id)?.checked);

  const isVisible = (element) => {
    const box = element.getBoundingClientRect();
    return (
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      box.width >= 1 &&
      box.height >= 1
    );
  };

  // The part of its box that ancestors which scroll sideways let through.
  const sides = (element) => {
    let { left, right } = element.getBoundingClientRect();
    for (let e = element.parentElement; e && e !== document.body; e = e.parentElement) {
      if (getComputedStyle(e).overflowX === "visible") continue;
      const box = e.getBoundingClientRect();
      left = Math.max(left, box.left);
      right = Math.min(right, box.right);
    }
    return [left, right];
  };

  // As red, green and blue from 0 to 1, and opacity.
  const pixels = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const color = (text) => {
    pixels.clearRect(0, 0, 1, 1);
    pixels.fillStyle = text;
    pixels.fillRect(0, 0, 1, 1);
    return [...pixels.getImageData(0, 0, 1, 1).data].map((value) => value / 255);
  };
  const luminance = ([red, green, blue]) => {
    const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const background = () => {
    const of = (element) => color(getComputedStyle(element).backgroundColor);
    return [of(document.body), of(document.documentElement)].find((color) => color[3] > 0.99);
  };

  const layout = () => {
    const faults = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) {
      const beyond = (element) => sides(element)[1] > root.clientWidth + 1;
      const first = [...document.body.querySelectorAll("*")].find(beyond);
      const by = first ? `, by ${name(first)}` : "";
      faults.push(`the page is ${root.scrollWidth} wide in a window of ${root.clientWidth}${by}`);
    }
    const sections = [...document.querySelectorAll("main section")];
    if (!sections.length) faults.push("there is no section in main");
    for (const element of [...sections, ...document.querySelectorAll("figure svg")]) {
      if (!isMeant(element)) continue;
      if (!isVisible(element)) {
        faults.push(`${name(element)} is not visible`);
        continue;
      }
      const [left, right] = sides(element);
      if (left < -1 || right > root.clientWidth + 1)
        faults.push(`${name(element)} goes from ${left} to ${right} in a page of ${root.clientWidth}`);
    }
    return faults;
  };

  const switches = () => {
    const faults = [];
    const closed = [...document.querySelectorAll("details:not([open])")];
    for (const details of closed) details.open = true;
    const opened = layout();
    faults.push(...opened.map((fault) => `with all details open ${fault}`));
    const all = [...document.querySelectorAll("input[type=radio][data-switch]")];
    const versions = [...document.querySelectorAll("[data-shown-by]")];
    const before = all.filter((input) => input.checked);
    for (const version of versions)
      for (const id of inputsOf(version))
        if (!all.some((input) => input.id === id))
          faults.push(`${name(version)} is shown by ${id}, which is no switch`);
    for (const input of all) {
      const own = versions.filter((version) => inputsOf(version).includes(input.id));
      if (!own.length) faults.push(`switch #${input.id} shows nothing`);
      (input.labels[0] ?? input).click();
      if (!input.checked) faults.push(`switch #${input.id} cannot be chosen`);
      const group = all.filter((other) => other.name === input.name).map((other) => other.id);
      for (const version of versions) {
        if (!inputsOf(version).some((id) => group.includes(id))) continue;
        const shown = own.includes(version);
        if (isVisible(version) !== shown)
          faults.push(`with switch #${input.id} ${name(version)} is ${shown ? "not " : ""}visible`);
      }
      const further = layout().filter((fault) => !opened.includes(fault));
      faults.push(...further.map((fault) => `with switch #${input.id} ${fault}`));
    }
    for (const input of before) input.click();
    for (const details of closed) details.open = false;
    return faults;
  };

  const dark = () => {
    const behind = background();
    if (!behind) return ["in dark mode neither body nor html has a background"];
    const [back, text] = [behind, color(getComputedStyle(document.body).color)].map(luminance);
    const faults = [];
    if (back >= 0.3) faults.push(`in dark mode the background has luminance ${back.toFixed(2)}`);
    const contrast = (Math.max(back, text) + 0.05) / (Math.min(back, text) + 0.05);
    if (contrast < 4.5) faults.push(`in dark mode text has a contrast of ${contrast.toFixed(1)}`);
    return faults;
  };

  // What would be loaded from elsewhere, were it looked at.
  const LOADING =
    "link[href], script[src], img[src], image[href], use[href], " +
    "iframe, object, embed, source, video, audio";
  const links = () =>
    [...document.querySelectorAll(LOADING)]
      .map((element) => [element, element.getAttribute("href") ?? element.getAttribute("src") ?? ""])
      .filter(([, to]) => !to.startsWith("data:") && !to.startsWith("#"))
      .map(([element, to]) => `${name(element)} refers to "${to}"`);

  return { layout, switches, dark, links };
})()
