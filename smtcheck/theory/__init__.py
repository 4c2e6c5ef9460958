"""When networks of a format represent every function (theory.md, sections 7 to 12)."""
