"""The functions behind `import smtcheck as sc`, as large as the command line."""
