"""The reference portal of Perlinsos: how a programme's own pages use the asking side.

`app` builds the Flask application, `pages` has its routes, `guard` the cookie, the form token and
the headers, `templates/` what is shown. It works without script, at 320 px, in Indonesian first.
This docstring is the tour; the file holds no code.
"""
