"""The official report of an office for one month: a state document in the form of Decree 30/2020/NĐ-CP.

``figures`` counts, ``deadlines`` says by when, ``guard`` keeps addresses and host names out of what people wrote,
``content`` writes the sentences, ``docx`` and ``pdf`` print the same document, ``technical`` is the annex that alone
holds addresses and host names, ``issue`` puts the files in place.
"""
