"""Where a review goes on a site, how slowly, and where it never goes."""
