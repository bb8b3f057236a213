# SPDX-License-Identifier: GPL-3.0-or-later
"""Training of the models in the zoo. Each model is one module, named in MODELS of scripts/train."""


class TrainingError(Exception):
    """Something the user can put right; the message says how."""
