"""What others do about silence, each on a page with its source and its constants.

Every one hears the same proofs of life as ours. Where a product has no setting for beats every
ten seconds, the setting is ours and the page says so.
"""
