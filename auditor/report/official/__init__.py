"""Write an office's monthly report as a state document in the form of Decree 30/2020/NĐ-CP.

- ``monthly``: gathers what a report says; ``period``: a month, and the inventory's state at its end.
- ``writer``: the one writer of documents, of other packages, too: puts all files in place, or none.
- ``content/``: sentences and tables; ``incidents``: an incident as the report tells it.
- ``deadlines``: by when open findings have to be fixed.
- ``anonymization``: keeps addresses and host names out of what people wrote.
- ``technical``: the annex that alone holds addresses and host names.
- ``document``, ``form``: the document and forms as data; ``docx``, ``pdf``: print the same document.
- ``assets/``: the templates; ``added_sections``: marks that older ones do not have.
- ``metrics``: text widths; ``typeset``: the program that makes a PDF.
"""
