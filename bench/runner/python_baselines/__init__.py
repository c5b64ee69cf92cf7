"""Python's own pools and libraries, measured with the suite: `make peers`.

`python -m runner.python_baselines` has the options of parzen_bench that `rounds.py` uses, and
writes a document in the same format. The modules:

    peer       a peer and its cases
    pools      process pools with one interface
    dispatch   family dispatch: pools with empty tasks
    article    family article: the article's own program, serially and with pools
    kernels    family kernels: the article's counts by NumPy, SciPy, scikit-learn and the article's
               own function
    registry   the peers of all families, and which of them are installed
    timing     the loop that times a case
    program    the options, the order of the cases, the document

To add the peers of another family: a module like `dispatch` and its name in `registry`. No module
here imports the analysis: workers import only what they need.
"""
