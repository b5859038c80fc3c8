"""Does a run agree with the reference, and how far do honest runs lie apart."""
