"""Training networks that find; the only part of the room that needs PyTorch."""
