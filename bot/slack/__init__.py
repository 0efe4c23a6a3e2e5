"""The Slack edge: what arrives becomes an inbox row, and what is told becomes Block Kit. Slack's own types end in this folder."""
