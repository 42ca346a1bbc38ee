"""Knows nothing itself: the capture is in the modules beside it, loaded when they are needed."""
