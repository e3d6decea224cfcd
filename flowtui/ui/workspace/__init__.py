"""What the main screen does, in layers: each class knows only those that it is made from."""
