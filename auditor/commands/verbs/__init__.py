"""Declare what is typed after ``auditor``: the options and the help of each verb, without what the verb imports.

``base`` loads a group's verbs when they are asked for, and a verb's function when it is carried out.
"""
