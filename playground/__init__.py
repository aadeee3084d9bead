"""The playground: migaddr in a page, run by Pyodide. docs/playground.md says what it is."""
