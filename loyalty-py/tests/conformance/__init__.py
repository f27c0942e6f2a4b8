"""The adapters of the conformance vectors, one a concept: from a case to a call, and from its answer to named results.

`cases` reads the vectors and compares. An adapter has ``call(function, case)``. Where Python has no such result, its
``NO_RESULT`` names it and says why. Every case can be called.
"""
