"""Torch draws weights from one generator for the whole process: who sets or restores its state holds this lock."""

import threading

RANDOM_STATE = threading.RLock()
