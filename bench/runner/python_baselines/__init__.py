"""What a user of Python would otherwise pick, measured with the suite: `make peers`.

`python -m runner.python_baselines` has those options of parzen_bench that `rounds.py` uses, and
writes a document of the same form. The modules:

    peer       what a peer and its cases are
    pools      the pools of processes, each behind the same calls
    dispatch   family dispatch: pools with empty tasks
    article    family article: the article's own program, in order and by pools
    kernels    family kernels: the article's counts by NumPy, by SciPy, by scikit-learn and as the
               article made them
    registry   the peers of all families, and which of them are installed
    timing     the loop that times a case
    program    the options, the order of the cases, the document

To add the peers of another family: a module like `dispatch` and its name in `registry`. Nothing
here loads the analysis: its workers load what they need and no more.
"""
