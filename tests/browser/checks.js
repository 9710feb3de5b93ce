// What a page owes to everybody who reads it: every fault found, in words. Run in the page.
() => {
  const faults = [];
  const seen = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const label = (element) => `${element.tagName.toLowerCase()} ${element.id || element.name || element.textContent.trim().slice(0, 30)}`;
  const named = (element) =>
    element.getAttribute("aria-label") || element.textContent.trim() || element.querySelector("img[alt]:not([alt=''])");

  for (const field of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (seen(field) && ![...(field.labels || [])].some((one) => one.textContent.trim()) && !field.getAttribute("aria-label"))
      faults.push(`no label: ${label(field)}`);
  for (const image of document.images) if (!image.hasAttribute("alt")) faults.push(`no alt: ${image.src}`);
  for (const image of document.images) if (seen(image) && image.complete && !image.naturalWidth) faults.push(`not shown: ${image.src}`);
  for (const control of document.querySelectorAll("a[href], button, summary")) if (!named(control)) faults.push(`no name: ${control.outerHTML}`);

  const headings = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen).map((one) => Number(one.tagName[1]));
  if (headings.filter((level) => level === 1).length !== 1) faults.push(`h1: ${headings}`);
  headings.forEach((level, n) => n && level > headings[n - 1] + 1 && faults.push(`a heading is left out: ${headings}`));
  if (headings[0] !== 1) faults.push(`the first heading is no h1: ${headings}`);
  for (const [selector, least] of [["main", 1], ["body > header", 1]])
    if (document.querySelectorAll(selector).length !== least) faults.push(`${selector}: not ${least}`);
  const regions = [...document.querySelectorAll("nav, aside, section[aria-label], form[aria-label]")];
  for (const region of regions.filter((one) => one.matches("nav, aside")))
    if (!region.getAttribute("aria-label") && !region.getAttribute("aria-labelledby")) faults.push(`region without a name: ${region.tagName}`);
  if (!document.documentElement.lang) faults.push("no language");
  if (!document.title.trim()) faults.push("no title");

  const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(`id used twice: ${id}`);
  for (const name of ["aria-labelledby", "aria-describedby", "aria-errormessage", "for"])
    for (const element of document.querySelectorAll(`[${name}]`))
      for (const id of element.getAttribute(name).split(/\s+/))
        if (id && !document.getElementById(id)) faults.push(`${name} leads nowhere: ${id}`);
  if (document.querySelector("[style], style, script:not([src])")) faults.push("a style or a script stands in the page");
  for (const element of document.querySelectorAll("[tabindex]"))
    if (Number(element.getAttribute("tabindex")) > 0) faults.push(`tabindex: ${label(element)}`);
  for (const control of document.querySelectorAll("button, select, input:not([type=hidden]):not([type=checkbox])"))
    if (seen(control) && control.getBoundingClientRect().height < 24) faults.push(`too small to touch: ${label(control)}`);

  const parse = (text) => (text.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const over = (top, below) => {
    const [r, g, b, alpha = 1] = top;
    return [r, g, b].map((value, n) => value * alpha + below[n] * (1 - alpha));
  };
  const behind = (element) => {
    if (!element) return parse(getComputedStyle(document.documentElement).backgroundColor).slice(0, 3);
    return over(parse(getComputedStyle(element).backgroundColor), behind(element.parentElement));
  };
  const light = (color) =>
    color
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, n) => sum + value * [0.2126, 0.7152, 0.0722][n], 0);
  const ratio = (one, other) => {
    const [a, b] = [light(one), light(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !seen(element) || element.closest(".unseen, script")) continue;
    const style = getComputedStyle(element);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const back = behind(element);
    const found = ratio(over(parse(style.color), back), back);
    if (found < (large ? 3 : 4.5)) faults.push(`contrast ${found.toFixed(2)}: ${label(element)}`);
  }
  for (const field of document.querySelectorAll("input[type=text], input[type=password], select, textarea")) {
    if (!seen(field)) continue;
    const found = ratio(parse(getComputedStyle(field).borderTopColor).slice(0, 3), behind(field.parentElement));
    if (found < 3) faults.push(`contrast of the edge ${found.toFixed(2)}: ${label(field)}`);
  }
  return [...new Set(faults)];
}
