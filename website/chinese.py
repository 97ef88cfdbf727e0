"""Search in Chinese, without a dictionary: every two neighbouring characters are a word.

A query is cut in the same way, so it is found whatever a dictionary would call a word. Words in
Latin letters are as in English.
"""

from __future__ import annotations

import re

from sphinx.search.en import SearchEnglish

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_RUNS = re.compile(f"[{_HAN}]+|[A-Za-z0-9_]+")
_IS_HAN = re.compile(f"[{_HAN}]")

_SPLITTER = """
var splitQuery = (query) => {
  const han = "\\\\u3400-\\\\u4dbf\\\\u4e00-\\\\u9fff";
  const runs = query.match(new RegExp(`[${han}]+|[\\\\p{Letter}\\\\p{Number}_]+`, "gu")) ?? [];
  const pairs = new RegExp(`^[${han}]{2,}$`);
  return runs.flatMap((run) =>
    pairs.test(run) ? [...run].slice(1).map((next, i) => [...run][i] + next) : [run]
  );
};
"""


class SearchChinese(SearchEnglish):
    """The index' words, and the same cut for the browser."""

    lang = "zh"
    language_name = "English"  # of the stemmer, by which the browser finds its code
    js_splitter_code = _SPLITTER

    def split(self, input: str) -> list[str]:
        """Pairs and single characters of each run of Chinese; Latin words whole."""
        return [word for run in _RUNS.findall(input) for word in _words(run)]

    def word_filter(self, word: str) -> bool:
        """Single characters are words here, and no stop word is Chinese."""
        return bool(_IS_HAN.match(word)) or super().word_filter(word)


def _words(run: str) -> list[str]:
    if not _IS_HAN.match(run):
        return [run]
    return [*run, *(run[i : i + 2] for i in range(len(run) - 1))]
