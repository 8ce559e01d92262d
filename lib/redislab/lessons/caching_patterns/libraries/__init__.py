"""1.1 What other libraries do at an expiry."""

HEADING = "Going deeper: libraries at an expiry"
