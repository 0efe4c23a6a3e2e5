"""The machinery behind the words: parsing, gathering, judging, telling. Knows no Slack SDK and no HTTP."""
