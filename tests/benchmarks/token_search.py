"""Read Python files and look for provider tokens in them as FD305 does: words, the quick pattern, then the forms."""

import os
import re
import sys

from flaskdoctor.project.secrecy.providertokens import tokens_in
from flaskdoctor.rules.secrets.provider_token import ProviderToken

WORDS = re.compile(b"|".join(map(re.escape, ProviderToken.needs)))
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            if WORDS.search(data) and ProviderToken.pattern is not None and ProviderToken.pattern.search(data):
                list(tokens_in(data.decode("utf-8", "replace")))
