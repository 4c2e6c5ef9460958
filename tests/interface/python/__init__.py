"""The functions behind `import smtcheck`."""
