"""`make history`: a case over the stored runs.

changes   what is read of them, and where the times change
figure    draws it
"""
