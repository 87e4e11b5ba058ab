"""The grade that MDN's HTTP Observatory would give: its algorithm, applied to what a look at the server found.

The rules are those of version 6 of the algorithm, as published in https://github.com/mdn/mdn-http-observatory (the
state of 2026-08-20). What differs, because nothing but the server itself is asked:

- whether a host is in the browsers' HSTS preload list is not known here;
- redirects are not followed, and ``/robots.txt`` is not asked for its cookies;
- "the same site" is told by the last two labels of a host (three where the second is as short as in ``co.uk``), not by
  the list of public suffixes.
"""

ALGORITHM = 6
