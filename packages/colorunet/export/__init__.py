"""Export of trained networks: ONNX files, and a folder for model hubs."""
