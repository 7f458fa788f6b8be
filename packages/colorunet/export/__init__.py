"""A trained network for use elsewhere: ONNX files, and a layout for model hubs."""
