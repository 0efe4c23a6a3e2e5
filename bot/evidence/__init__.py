"""Evidence bundles as files: packed, signed, shown as a page, and verified without anything else at hand (AUD-04, AUD-08)."""
