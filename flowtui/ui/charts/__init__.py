"""Series as characters: glyphs, stacks, axes, figures. Pure: no widget and no colour is in here."""
