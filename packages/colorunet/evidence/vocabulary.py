"""Terms of the mark: IPTC, XMP and EXIF names, and the texts written into files.

IPTC Photo Metadata Standard 2025.1, Digital Source Type NewsCodes, XMP specification part 1 and 2.
"""

SOFTWARE = "ColorUnet"
DIGITAL_SOURCE_TYPE = (
    "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
)
NOTE = (
    "The colours of this picture were estimated by software and added to a photograph; they are "
    "no record of the scene."
)
ACTION = "colorized"
NAMESPACES = {
    "x": "adobe:ns:meta/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xml": "http://www.w3.org/XML/1998/namespace",
    "xmlns": "http://www.w3.org/2000/xmlns/",
}
MARKING = "marking"  # the property of an ONNX file that states how to mark its output
HOW_TO_MARK = (
    f"Say in the metadata of what you colour that a network added the colours: XMP "
    f"Iptc4xmpExt:DigitalSourceType = {DIGITAL_SOURCE_TYPE}; see docs/evidence.md."
)
