"""Parts that several methods are made of: likelihoods, games, adversaries; no method is here."""
