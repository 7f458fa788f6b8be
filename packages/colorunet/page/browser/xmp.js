// The mark merged into the XMP of an original (as evidence/xmp.py does): on the page, as workers have no
// parser of XML.

const NAMES = {
  x: "adobe:ns:meta/",
  rdf: "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
  Iptc4xmpExt: "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
  dc: "http://purl.org/dc/elements/1.1/",
  xmpMM: "http://ns.adobe.com/xap/1.0/mm/",
  stEvt: "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
  xml: "http://www.w3.org/XML/1998/namespace",
};
const START = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n';
const END = '\n<?xpacket end="w"?>';

// The packet with the mark, and whether the original's was left out as it can't be parsed.
export function withMark(packet, mark, description) {
  const own = rdfOf(mark);
  if (!packet.trim()) {
    const [line] = items(own, "dc", "description");
    if (description) line.textContent = `${legal(description)}\n${line.textContent}`;
    return { xmp: written(own), unparsed: false };
  }
  try {
    return { xmp: written(merged(rdfOf(packet), own)), unparsed: false };
  } catch {
    return { xmp: mark, unparsed: true };
  }
}

const legal = (text) => [...text].filter((sign) => sign >= " " || "\t\n\r".includes(sign)).join("");
const rootOf = (rdf) => rdf.ownerDocument.documentElement.firstElementChild;
const written = (rdf) => START + new XMLSerializer().serializeToString(rootOf(rdf)) + END;

// A fragment in a new document instead of DOMParser, which answers malformed XML with a styled page.
function rdfOf(packet) {
  const text = packet.replace(/^[\s\0\ufeff]*(<\?xml\s[^>]*\?>)?|[\s\0]+$/g, "");
  if (/<!DOCTYPE/i.test(text)) throw new Error("a document type, which isn't allowed");
  const { documentElement: holder } = document.implementation.createDocument(null, "packet");
  holder.innerHTML = text;
  const [rdf] = holder.getElementsByTagNameNS(NAMES.rdf, "RDF");
  if (!rdf || holder.childElementCount !== 1) throw new Error("XMP without rdf:RDF");
  return rdf;
}

const children = (element, prefix, name) =>
  [...element.children].filter((node) => node.namespaceURI === NAMES[prefix] && node.localName === name);

const descriptions = (rdf) => children(rdf, "rdf", "Description");
const elements = (rdf, prefix, name) => descriptions(rdf).flatMap((one) => children(one, prefix, name));
const arrays = (rdf, prefix, name) =>
  elements(rdf, prefix, name).flatMap((one) => ["Seq", "Bag", "Alt"].flatMap((kind) => children(one, "rdf", kind)));
const items = (rdf, prefix, name) => arrays(rdf, prefix, name).flatMap((one) => children(one, "rdf", "li"));

// The text of a property, element or attribute; "" where there is none.
function valueOf(rdf, prefix, name) {
  for (const one of descriptions(rdf)) {
    const [element] = children(one, prefix, name);
    if (element) return element.getAttributeNS(NAMES.rdf, "resource") || element.textContent.trim();
    const attribute = one.getAttributeNS(NAMES[prefix], name);
    if (attribute) return attribute;
  }
  return "";
}

function taken(rdf, prefix, name) {
  const value = valueOf(rdf, prefix, name);
  for (const element of elements(rdf, prefix, name)) element.remove();
  for (const one of descriptions(rdf)) one.removeAttributeNS(NAMES[prefix], name);
  return value;
}

function merged(rdf, mark) {
  const [template] = descriptions(mark);
  const type = valueOf(mark, "Iptc4xmpExt", "DigitalSourceType");
  const before = taken(rdf, "Iptc4xmpExt", "DigitalSourceType");
  const own = rdf.ownerDocument.importNode(template, true);
  own.setAttributeNS(NAMES.rdf, "rdf:about", descriptions(rdf)[0]?.getAttributeNS(NAMES.rdf, "about") || "");
  for (const name of ["AISystemUsed", "AISystemVersionUsed"])
    if (valueOf(rdf, "Iptc4xmpExt", name)) children(own, "Iptc4xmpExt", name)[0].remove();
  describe(rdf, own);
  recordEvent(rdf, own, before === type ? "" : before);
  rdf.append(own);
  return rdf;
}

// The note goes to the end of the default description.
function describe(rdf, own) {
  const [added] = children(own, "dc", "description");
  const note = added.textContent;
  const existing = items(rdf, "dc", "description");
  const isDefault = (node) => node.getAttributeNS(NAMES.xml, "lang") === "x-default";
  const target = existing.find(isDefault) || existing[0];
  if (target) {
    const text = target.textContent.trimEnd();
    if (!text.includes(note)) target.textContent = text ? `${text}\n${note}` : note;
    added.remove();
    return;
  }
  const text = taken(rdf, "dc", "description");
  if (text) added.getElementsByTagNameNS(NAMES.rdf, "li")[0].textContent = `${text}\n${note}`;
}

// The event goes to the end of the history.
function recordEvent(rdf, own, before) {
  const [added] = children(own, "xmpMM", "History");
  const [event] = added.getElementsByTagNameNS(NAMES.rdf, "li");
  if (before) children(event, "stEvt", "parameters")[0].textContent += `; digital source type before: ${before}`;
  const history = arrays(rdf, "xmpMM", "History").at(-1);
  if (!history) return;
  history.append(event);
  added.remove();
}
