"""What can be asked and answered: settings, questions, evidence, verdicts, claim files, digests."""
