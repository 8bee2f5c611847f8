"""The FAQ: what is written, how it is read, and which questions find which answer."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median

import pytest
from jinja2 import Environment, StrictUndefined

from care.answers import LABEL, LONGEST, WAYS
from care.faq import Answer, FaqBook, FaqIndex, load_faq
from care.faults import ContentFaults
from care.sources import Source, load_sources

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # textstat imports what setuptools warns of
    import textstat

CONTENT = Path(__file__).parent.parent / "content"
FOLDERS = [CONTENT / "general" / "en", CONTENT / "microneedling" / "en"]
CARE = """
what_is how_it_works session_steps session_length pain_during numbing needle_depth devices home_rollers
benefits scars wrinkles pigmentation pores texture hair_growth body_areas absorption results_when results_last
sessions_count sessions_spacing who_should_not pregnancy_info acne_medication risks skin_tone
redness_expected swelling_expected tightness_dryness peeling_expected bleeding_bruising itching_expected
breakouts sun_exposure sunscreen retinoids acids vitamin_c makeup cleansing moisturizer other_products
exercise water_heat alcohol shaving_hair_removal other_treatments sleeping touching_picking pain_relief
cold_compress cold_sore_history hair_care infection_signs when_to_call
"""
SERVICE = "talk_to_person appointment message_times stop_messages my_data what_can_you_do"
TOPICS = frozenset(f"{CARE} {SERVICE}".split())
DAYS: list[int | None] = [*range(31), 45, -2, None]
FACTS = {
    "clinic": "Hartfield Skin Clinic",
    "phone": "020 7946 0123",
    "emergency_number": "999 or 112",
    "crisis_line": "Samaritans, 116 123",
    "out_of_hours": "NHS 111",
    "first_name": "Ana",
    "procedure": "microneedling",
    "keep_days": "90",
    "types": (),
}
RULES = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@pytest.fixture(scope="module")
def sources() -> Mapping[str, Source]:
    return load_sources(CONTENT, ["microneedling"])


@pytest.fixture(scope="module")
def book(sources: Mapping[str, Source]) -> FaqBook:
    return load_faq(FOLDERS, "en", sources)


@pytest.fixture(scope="module")
def index(book: FaqBook) -> FaqIndex:
    return FaqIndex([book])


def said(answer: Answer, day: int | None) -> str:
    """The answer as a patient reads it, without bold."""
    return RULES.from_string(answer.on(day)).render(day=day, **FACTS).replace("**", "").strip()


def all_said(book: FaqBook) -> Iterator[tuple[str, int | None, str]]:
    for answer in book.answers.values():
        for day in DAYS:
            yield answer.topic, day, said(answer, day)


def grade(text: str) -> float:
    """Flesch-Kincaid; a line is a sentence, as it is for the reader."""
    lines = [line.removeprefix("• ").rstrip(":") for line in text.split("\n") if line]
    return float(textstat.flesch_kincaid_grade("\n".join(x if x[-1] in ".?!" else x + "." for x in lines)))


# What is written


def test_every_topic_of_the_taxonomy_is_answered_and_no_other(book: FaqBook) -> None:
    assert set(book.answers) == TOPICS


def test_every_topic_has_eight_ways_of_asking_and_a_label_for_a_button(book: FaqBook) -> None:
    for answer in book.answers.values():
        assert len(set(answer.phrasings)) == WAYS, answer.topic
        assert 0 < len(answer.label) <= LABEL, answer.topic
    assert len({answer.label for answer in book.answers.values()}) == len(TOPICS)


def test_no_way_of_asking_stands_under_two_topics(book: FaqBook) -> None:
    ways = [way for answer in book.answers.values() for way in answer.phrasings]
    assert len(set(ways)) == len(ways)
    assert not set(ways) & set(book.out_of_scope)


def test_every_day_and_an_unknown_day_have_an_answer_that_fits_on_a_phone(book: FaqBook) -> None:
    for topic, day, text in all_said(book):
        assert 40 < len(text) <= LONGEST, (topic, day)
        assert "None" not in text, (topic, day)


def test_answers_are_easy_to_read(book: FaqBook) -> None:
    grades = {text: grade(text) for _, _, text in all_said(book)}
    assert median(grades.values()) <= 6
    assert max(grades.values()) <= 7.5
    for _, _, text in all_said(book):
        for sentence in re.split(r"(?<=[.?!:])\s+|\n", text):
            assert len(sentence.split()) <= 20, sentence


def test_answers_keep_to_the_tone(book: FaqBook) -> None:
    shunned = re.compile(r"\bnormal|nothing to worry|stop taking|[<>&]|amazing|revolutionary|guarantee", re.I)
    for topic, day, text in all_said(book):
        assert not shunned.search(text), (topic, day)


def test_every_answer_rests_on_facts_that_are_there(book: FaqBook, sources: Mapping[str, Source]) -> None:
    facts = {fact for source in sources.values() for fact in source.facts}
    for answer in book.answers.values():
        assert set(answer.rests_on) <= facts
        assert bool(answer.rests_on) == (answer.topic in CARE.split())


def test_the_clinics_own_articles_are_named_first_and_no_more_than_two(
    book: FaqBook, sources: Mapping[str, Source]
) -> None:
    assert book.answers["makeup"].source(sources, "en") == (
        "Clinic article “Microneedling, benefits and risks”; Clinic aftercare sheet (draft)"
    )
    redness = book.answers["redness_expected"].source(sources, "en")
    assert redness.startswith("Clinic article")
    assert redness.endswith("Clinic aftercare sheet (draft)")
    assert redness.count(";") == 1
    assert book.answers["vitamin_c"].source(sources, "en").startswith("Clinic article")
    assert book.answers["exercise"].source(sources, "en") == "Clinic aftercare sheet (draft)"
    assert book.answers["my_data"].source(sources, "en") == ""


def test_documents_are_named_in_the_patients_language_or_else_in_the_clinics(
    book: FaqBook, sources: Mapping[str, Source]
) -> None:
    makeup = book.answers["makeup"]
    assert makeup.source(sources, "es", "en") == (
        "Artículo de la clínica “Microneedling, beneficios y riesgos”; Hoja de cuidados de la clínica (borrador)"
    )
    assert makeup.source(sources, "fr", "es") == makeup.source(sources, "es")


# What holds on which day: the words at the start of each answer, by the clinic's day grid

GRID = [
    ("makeup", range(2), "No makeup today"),
    ("makeup", range(2, 4), "Makeup is fine now if your skin is calm"),
    ("makeup", range(4, 31), "Makeup is fine again."),
    ("retinoids", range(7), "No retinol or other retinoid now."),
    ("retinoids", range(7, 14), "From now on retinol is fine if your skin is calm"),
    ("retinoids", range(14, 31), "Retinol is fine now if your skin is calm"),
    ("acids", range(7), "No acids, home peels or scrubs now."),
    ("acids", range(7, 14), "From now on a mild acid or scrub is fine if your skin is calm"),
    ("acids", range(14, 31), "Acids, mild scrubs and toners are fine if your skin is calm"),
    ("vitamin_c", range(7), "No vitamin C on your skin now."),
    ("vitamin_c", range(7, 14), "You may start again if your skin is calm"),
    ("vitamin_c", range(14, 31), "Vitamin C is fine again"),
    ("exercise", range(4), "No hard exercise and no heavy sweat before day 4."),
    ("exercise", range(4, 7), "You may start again if your skin is calm"),
    ("exercise", range(7, 31), "Exercise is fine again."),
    ("water_heat", range(4), "Showers and baths lukewarm only"),
    ("water_heat", range(4, 7), "Warm showers and baths are fine now."),
    ("water_heat", range(7, 14), "Warm showers and baths are fine.\nPool, sea, hot tub, sauna and steam are fine if"),
    ("water_heat", range(14, 31), "Warm showers, pool, sea, hot tub, sauna and steam are fine again."),
    ("sunscreen", range(1), "No sunscreen today, unless the clinic gave you one."),
    ("sunscreen", range(1, 31), "Wear sunscreen each day now."),
    ("sun_exposure", range(7), "No direct sun and no sunbed for now"),
    ("sun_exposure", range(7, 14), "Still no direct sun and no sunbed."),
    ("sun_exposure", range(14, 31), "You can be in the sun again, with care."),
    ("alcohol", range(3), "Best to skip alcohol"),
    ("alcohol", range(3, 31), "Alcohol is fine again"),
    ("shaving_hair_removal", range(3), "Do not shave the treated skin now."),
    ("shaving_hair_removal", range(3, 7), "Please ask the clinic before you shave, and only shave calm skin"),
    ("shaving_hair_removal", range(7, 14), "You can shave if your skin is calm"),
    ("shaving_hair_removal", range(14, 31), "Shaving is fine again."),
    ("other_treatments", range(14), "No other treatment on this skin before day 14."),
    ("other_treatments", range(14, 31), "Only as the clinic plans it."),
    ("cold_compress", range(2), "A cool pack may help."),
    ("cold_compress", range(2, 31), "A cold pack is not needed any more."),
    ("moisturizer", range(1), "Today use only what the clinic gave you"),
    ("moisturizer", range(1, 7), "Use a plain moisturiser"),
    ("cleansing", range(1), "Today use lukewarm water only, or leave your skin alone."),
    ("cleansing", range(1, 7), "Wash twice a day with lukewarm water and a bland cleanser"),
]


@pytest.mark.parametrize(("topic", "days", "begins"), GRID)
def test_answers_agree_with_the_day_grid(book: FaqBook, topic: str, days: range, begins: str) -> None:
    for day in days:
        assert said(book.answers[topic], day).startswith(begins), day


def test_pools_wait_until_day_7_and_alcohol_toners_until_day_14(book: FaqBook) -> None:
    for day in range(7):
        assert "No pool, sea, hot tub, sauna or steam" in said(book.answers["water_heat"], day)
    for day in range(14):
        assert "Toners with alcohol wait until day 14." in said(book.answers["acids"], day)


def test_rules_put_the_clinics_own_instructions_first(book: FaqBook) -> None:
    for topic in {topic for topic, _, _ in GRID}:
        for day in DAYS:
            assert "Your clinic's own advice comes first." in said(book.answers[topic], day), (
                topic,
                day,
            )


def test_leftover_redness_and_swelling_go_to_staff_from_day_4(book: FaqBook) -> None:
    for topic in ("redness_expected", "swelling_expected"):
        for day in range(4, 31):
            assert "a member of staff" in said(book.answers[topic], day)
        assert "member of staff" not in said(book.answers[topic], 3)


def test_what_no_source_settles_is_offered_to_the_clinic(book: FaqBook) -> None:
    for topic in ("results_last", "home_rollers", "hair_care", "shaving_hair_removal", "other_treatments"):
        for day in DAYS:
            assert "Write “talk to a person”." in said(book.answers[topic], day), (topic, day)


def test_nobody_is_told_to_leave_off_a_prescribed_medicine(book: FaqBook) -> None:
    for day in DAYS:
        assert "prescribed" in said(book.answers["pain_relief"], day)
    assert "Do not change a prescribed medicine" in said(book.answers["acne_medication"], None)


def test_signs_of_danger_name_the_emergency_number_and_the_clinics(book: FaqBook) -> None:
    for topic in ("infection_signs", "when_to_call", "swelling_expected", "itching_expected"):
        for day in DAYS:
            text = said(book.answers[topic], day)
            assert FACTS["emergency_number"] in text
            assert FACTS["phone"] in text


# How it is found

# None of these is a way of asking. The gate's weights were fitted on them: they tell when a change of words
# makes it worse, not how good it is on strangers' questions.
QUESTIONS = """
what_is | Kindly tell me what microneedling actually is.
what_is | never understood what this needling business is, explain
how_it_works | so the holes make new skin? how
how_it_works | by what mechanism does it improve skin
session_steps | First time tomorrow. What will happen, step by step?
session_steps | what do you do to me from start to finish
session_length | Will I be out of there within the hour?
session_length | do i need the whole afternoon off for it
pain_during | wimp here, will it be agony when they do it
pain_during | did everybody else cry too or was that just me, is it meant to sting that bad
numbing | Do they freeze your face first
numbing | can i have extra numbing next time
needle_depth | were mine 0.5 or 1mm needles
needle_depth | how far under the skin did they go
devices | was that thing a dermapen they used on me?
devices | pen or roller, which is yours
home_rollers | my sister in law has one of those derma rollers, can I borrow it between visits
home_rollers | ordered a microneedle roller from ebay good idea?
benefits | what's the point of all this, what does it improve
benefits | why would anyone do it, any upside
scars | chicken pox marks on my forehead, any hope
scars | Can my c-section scar be done?
scars | old acne left holes in my cheeks
wrinkles | I am 67. Will the lines round my mouth get any better?
wrinkles | frown lines, can they be softened
pigmentation | sunspots on cheeks, does this get rid of em
pigmentation | mask of pregnancy on forehead, would it fade
pores | nose pores like craters lol will they shrink
pores | visible pores round the nose
texture | when i stroke my cheek its all lumpy, will that smooth out
texture | i want baby smooth skin, will i get it
hair_growth | Going thin on top, would this bring any of it back?
hair_growth | bald patch, could needling wake it up
body_areas | could you do my neck too
body_areas | got loose skin on tummy can you needle that
absorption | do creams go in deeper because of the holes
absorption | is everything i put on going straight in
results_when | two weeks in and I see nothing. When do I?
results_when | how soon will people notice
results_when | my face is exactly the same as before, patience?
results_last | And does it stay that way or do I have to keep coming back for ever?
results_last | does it wear off after a year or so
results_last | will this be permanent
sessions_count | is once enough or must i come more times
sessions_count | how many of these am I in for?
sessions_count | do most people have 3 or more
sessions_spacing | how soon can the second appointment follow the first
sessions_spacing | 6 weeks or 4 weeks in between?
sessions_spacing | when may i return for round two
who_should_not | I have type 2 diabetes, am I allowed?
who_should_not | psoriasis on elbows, is that a problem for having it done
who_should_not | lupus patient here, is it for me
pregnancy_info | im 8 weeks pregnant, is it dangerous
pregnancy_info | still breastfeeding my little one, may I have a session
pregnancy_info | got a positive test this morning and was needled on monday
acne_medication | came off roaccutane in march. can i have needling
acne_medication | on isotretinoin low dose, matter?
risks | tell me honestly what can go wrong
risks | any bad side effects i should know of
risks | could it go badly
skin_tone | My skin is very dark. Does it leave marks on people like me?
skin_tone | brown girl here, worried about marks
redness_expected | how many days will i look like a tomato
redness_expected | Is it usual to still be rather pink this morning?
redness_expected | colleagues ask if i got sunburnt, when will it calm
swelling_expected | eyes cheeks everything puffy when i woke up, does it go away
swelling_expected | cheeks like a hamster
tightness_dryness | face feels two sizes too small
tightness_dryness | skin dry as paper, when does that end
tightness_dryness | my face cracks when i laugh, so dry
peeling_expected | bits of skin are coming off like dandruff, is that ok
peeling_expected | skin is flaking on my chin
bleeding_bruising | small bruise next to my eye, how long
bleeding_bruising | little red blood dots all over is that alright
bleeding_bruising | yellowish bruise under eye still there
itching_expected | so itchyyy help is that part of it
itching_expected | drives me nuts, the itch
breakouts | got loads of little spots since tuesday is it purging
breakouts | three pimples on my jaw, from the needling?
sun_exposure | Off to Tenerife on Saturday. Can I lie on the beach?
sun_exposure | is ten minutes in the sun a problem
sun_exposure | when can i use tanning bed
sun_exposure | picnic in the park tomorrow afternoon
sun_exposure | may i eat lunch on the terrace in the sun
sunscreen | spf 30 or 50?
sunscreen | Do I need sun cream when it's cloudy
sunscreen | how often do i put the spf on
retinoids | restart tretinoin when
retinoids | my retinal night serum, ok tonight?
retinoids | is differin allowed now
acids | is my glycolic toner fine
acids | can i scrub the dead skin off
acids | the ordinary aha peel, too early?
vitamin_c | vit c in the morning yes or no
vitamin_c | ascorbic acid serum how long off
makeup | got an interview tmrw can i wear foundation
makeup | Would a little lipstick and eye shadow do any harm?
makeup | can i use concealr
makeup | how long without foundation
makeup | is tinted cream a no no
cleansing | can I use my usual face wash
cleansing | may i wet my face tonight, and with what
cleansing | water only or cleanser tonight
moisturizer | what cream is safe, i have nivea
moisturizer | how many times a day do i moisturise
moisturizer | can i slather vaseline on
other_products | can I put aloe on it
other_products | niacinamide serum ok?
other_products | may i use my rosehip oil
exercise | when can i hit the gym
exercise | Is a brisk walk or my Pilates permitted?
exercise | spin class tonite?
exercise | five k run on sunday, go or no go
water_heat | can i go swimmin with the kids
water_heat | How hot may my shower be?
water_heat | jacuzzi at hotel this weekend
water_heat | bubble bath allowed
alcohol | two glasses of red at dinner, harmful?
alcohol | is drinking ok on a night out
alcohol | hen party, prosecco?
shaving_hair_removal | May I shave? I have stubble by now.
shaving_hair_removal | upper lip wax booked friday
shaving_hair_removal | beard is growing, razor ok
other_treatments | botox is booked for next week do i cancel
other_treatments | how long do i wait before laser
other_treatments | may i have filler next month
sleeping | do i have to sleep on my back
sleeping | clean pillow case every night?
sleeping | tummy sleeper here, problem?
touching_picking | i keep peeling bits of skin off with my nails is that bad
touching_picking | is it bad if i touch it
touching_picking | tempted to pull the flaky bits
pain_relief | can i take an advil
pain_relief | which tablets can I take if it stings
pain_relief | paracetamol good?
cold_compress | would ice help
cold_compress | cold flannel on my face, yes or no?
cold_compress | ice cubes yes or no
cold_sore_history | i always get cold sores in winter, can this bring one on
cold_sore_history | history of herpes on lip
hair_care | can i wash my hair 2nite
hair_care | Colour appointment at the hairdresser on Thursday - is that all right?
hair_care | salon for highlights tomorrow
infection_signs | how would I know it was infected
infection_signs | what should i watch for regarding infection
infection_signs | what does it look like if bacteria got in
when_to_call | at what point should i be worried and phone
when_to_call | when is it bad enough for hospital
when_to_call | when do you want to hear from me
talk_to_person | can a real nurse answer me pls
talk_to_person | I should like to speak with somebody.
talk_to_person | give me a human
appointment | need to move my appt to another week
appointment | when am i booked in next
appointment | can you book me in for may
message_times | can you text me in the evening and not at 9 in the morning
message_times | why do you write so early
stop_messages | no more messages thx
stop_messages | unsubscribe me
my_data | who reads this and is it kept
my_data | delete my data please
my_data | is my picture safe with you
what_can_you_do | what are you able to answer
what_can_you_do | how do i use this bot
what_can_you_do | what sort of things do you know
out_of_scope | How much would three sessions be?
out_of_scope | whats the cost of a peel
out_of_scope | do you take paypal
out_of_scope | is there a car park near you
out_of_scope | what time do you close on fridays
out_of_scope | can you recommend a nice foundation brand for oily skin
out_of_scope | does lip filler swell a lot
out_of_scope | how long do results of botox last
out_of_scope | can laser remove my tattoo
out_of_scope | how often should i get a facial in general
out_of_scope | I want to become a needling therapist
out_of_scope | where did your nurse train
out_of_scope | can i fly on monday
out_of_scope | is it ok to smoke a cigarette
out_of_scope | my ankle is swollen what should i do
out_of_scope | what antibiotics help for a sinus infection
out_of_scope | does my dog need sunscreen
out_of_scope | is melanoma dangerous
out_of_scope | how deep is the ocean
out_of_scope | what's the best gym near the clinic
out_of_scope | which wine would you serve with steak
out_of_scope | how many calories in a beer
out_of_scope | can i eat sushi
out_of_scope | i have a toothache which painkiller
out_of_scope | how long is the wait for a facelift
out_of_scope | do hair transplants work
out_of_scope | can i have my eyebrows tattooed by you and for how much
out_of_scope | what's the pool temperature at the hotel
out_of_scope | sing me a lullaby
out_of_scope | my husband snores
out_of_scope | is keto good for you
out_of_scope | who is the owner
out_of_scope | what would two areas cost me
out_of_scope | got any vouchers
out_of_scope | near which tube station are you
out_of_scope | what days are you open
out_of_scope | do you treat varicose veins
out_of_scope | how does a vampire facial work
out_of_scope | is microblading painful
out_of_scope | how long do fillers stay
out_of_scope | can you do my lips
out_of_scope | how many units of botox for a forehead
out_of_scope | difference between hifu and ultherapy
out_of_scope | what is a jessner peel
out_of_scope | how do i get certified in this
out_of_scope | which machine should my salon buy
out_of_scope | can i take my hay fever tablets with wine
out_of_scope | my throat is sore since yesterday cold i think
out_of_scope | period late
out_of_scope | how do i lower my blood sugar
out_of_scope | is magnesium good for sleep
out_of_scope | what's the best pillow for neck pain
out_of_scope | is gluten bad for skin
out_of_scope | does chocolate cause spots
out_of_scope | can my husband use the same cream for his athlete's foot
out_of_scope | my toddler bumped her head
out_of_scope | when is easter
out_of_scope | tell me something funny
out_of_scope | whats your favourite colour
out_of_scope | how tall is mount everest
out_of_scope | do you know a good hairdresser
out_of_scope | which sunglasses suit me
out_of_scope | what mascara is waterproof
out_of_scope | is it safe to travel by train
out_of_scope | can i have a cigarette
out_of_scope | can i get on a plane
out_of_scope | could i get my covid booster
out_of_scope | how does ibuprofen work
out_of_scope | does alcohol damage the liver
out_of_scope | how long does sunburn last on a baby
out_of_scope | what causes wrinkles
out_of_scope | what is collagen made of
out_of_scope | how long is the downtime of a co2 laser
out_of_scope | does a chemical peel hurt more
out_of_scope | is botox safe while breastfeeding
out_of_scope | how many sessions of laser hair removal do you need
out_of_scope | what are the risks of lip injections
out_of_scope | do you offer hydrafacials
out_of_scope | can you do my eyebrows
out_of_scope | how is dermaplaning done
out_of_scope | when do results of a thread lift show
out_of_scope | how long does a filler appointment take
out_of_scope | which peel is best for melasma
out_of_scope | is profhilo better than filler
out_of_scope | how much do you charge for acne scars
out_of_scope | total for a course of 4
out_of_scope | is there a package for face and neck
out_of_scope | how much is that spf you sell
out_of_scope | what moisturiser do you stock
out_of_scope | how do i use my home laser
out_of_scope | how did you get into this job
out_of_scope | how long does it take to train as a nurse
out_of_scope | can i work for you
out_of_scope | who is doing my treatment next time
out_of_scope | is there a lift in the building
out_of_scope | can my daughter come with me
out_of_scope | do i need to bring a towel
out_of_scope | what helps against dark circles
out_of_scope | how do i get rid of a cold
out_of_scope | my leg hurts what can i take
out_of_scope | i have a rash on my back from the gym
out_of_scope | is my cough serious
out_of_scope | my eye is infected what drops should i take
out_of_scope | can i drink coffee with my thyroid pills
out_of_scope | does vitamin c help against a cold
out_of_scope | how many calories does running burn
out_of_scope | is retinol bad for the environment
out_of_scope | what is the best makeup for old skin
out_of_scope | what is hyaluronic acid made of
out_of_scope | how is sunscreen made
out_of_scope | how hot is the sun
out_of_scope | is red wine good for the heart
out_of_scope | can i sleep with contact lenses in
out_of_scope | can dogs get sunburnt
out_of_scope | does sauna burn fat
out_of_scope | how do i whiten my teeth
out_of_scope | is a hair transplant painful
out_of_scope | can i eat before the session
out_of_scope | my hair is falling out since the baby
out_of_scope | does stress cause grey hair
"""


def judged(index: FaqIndex, question: str) -> tuple[str, list[str]]:
    """(topic that is answered or '', topics offered as buttons)."""
    hits = index.search(question, "en")
    best, score = hits[0]
    if score >= index.answer_at:
        return (best if best != "out_of_scope" else ""), []
    near = [topic for topic, s in hits if s >= index.offer_at and topic != "out_of_scope"]
    return "", near[:3]


@pytest.fixture(scope="module")
def judgements(index: FaqIndex) -> list[tuple[str, str, list[str]]]:
    pairs = (line.split(" | ") for line in QUESTIONS.strip().split("\n"))
    return [(topic, *judged(index, question)) for topic, question in pairs]


def test_few_questions_are_answered_wrongly_and_most_are_answered(
    judgements: list[tuple[str, str, list[str]]],
) -> None:
    inside = [judgement for judgement in judgements if judgement[0] != "out_of_scope"]
    right = sum(topic == answered for topic, answered, _ in inside) / len(inside)
    wrong = sum(answered not in ("", topic) for topic, answered, _ in inside) / len(inside)
    helped = sum(topic in (answered, *near) for topic, answered, near in inside) / len(inside)
    assert wrong <= 0.05
    assert right >= 0.7
    assert helped >= 0.9


def test_what_the_documents_do_not_answer_is_hardly_ever_answered(
    judgements: list[tuple[str, str, list[str]]],
) -> None:
    outside = [answered for topic, answered, _ in judgements if topic == "out_of_scope"]
    assert sum(map(bool, outside)) / len(outside) <= 0.06


@pytest.mark.parametrize(
    "question",
    [
        "how long does botox last",
        "how much is a course of three sessions",
        "which sunscreen brand is the cheapest",
        "how do I train to do microneedling",
        "my dog has itchy skin",
        "can I fly on Friday",
        "is there parking at the clinic",
    ],
)
def test_a_near_miss_is_not_answered(index: FaqIndex, question: str) -> None:
    assert judged(index, question)[0] == ""


def test_every_label_and_way_of_asking_finds_its_own_topic_first(index: FaqIndex, book: FaqBook) -> None:
    for answer in book.answers.values():
        for way in answer.phrasings:
            hits = [topic for topic, _ in index.search(way, "en") if topic != "out_of_scope"]
            assert answer.topic in hits[:3], (answer.topic, way)


def test_typing_errors_and_capitals_do_not_hide_the_topic(index: FaqIndex) -> None:
    for question, topic in (
        ("WHEN CAN I USE RETINOL AGAIN???", "retinoids"),
        ("can i wear fundation", "makeup"),
        ("is swiming ok", "water_heat"),
        ("sunscren which one", "sunscreen"),
    ):
        assert index.search(question, "en")[0][0] == topic


def test_scores_lie_between_0_and_1_best_first_with_every_topic_and_out_of_scope(index: FaqIndex) -> None:
    hits = index.search("can I go to the gym and then to the pool", "en")
    scores = [score for _, score in hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert {topic for topic, _ in hits} == {*TOPICS, "out_of_scope"}


@pytest.mark.parametrize("text", ["", "   ", "???", "👍", "…"])
def test_nothing_to_read_finds_nothing(index: FaqIndex, text: str) -> None:
    assert index.search(text, "en") == ()


def test_a_language_without_a_book_finds_nothing(index: FaqIndex) -> None:
    assert index.search("when can I wear makeup", "fr") == ()


def test_very_long_messages_are_read_too(index: FaqIndex) -> None:
    story = "It was a long day and I was tired. " * 100 + "When can I wear makeup again?"
    assert index.search(story, "en")
    assert index.search("x" * 4096, "en")


# What the editor of the words is told

TOPIC = """---
version: 1
author: A
reviewer:
signed:
about: x
---

## makeup
label: Makeup
rests on: s1.1
words: makeup, foundation
### Ways of asking
- a
- b
- c
- d
- e
- f
- g
- h
### Days 0-1
No makeup today.
### From day 2
Makeup is fine.
### Any other day
Not on days 0 and 1.
"""
SOURCE = """---
titles:
  en: "Clinic article"
kind: clinic
version: 1
author: A
reviewer:
signed:
about: x
---

## facts
1. No makeup for a while.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "peel" / "sources").mkdir(parents=True)
    (tmp_path / "peel" / "en").mkdir()
    (tmp_path / "peel" / "sources" / "s1.md").write_text(SOURCE)
    (tmp_path / "peel" / "en" / "faq.md").write_text(TOPIC)
    return tmp_path / "peel" / "en"


def read(folder: Path) -> Mapping[str, Source]:
    return load_sources(folder.parent.parent, ["peel"])


def test_a_topic_is_read_with_its_days(folder: Path) -> None:
    (folder / "out_of_scope.txt").write_text("# a note\nwhat does it cost\nwords: price, how much\n")
    book = load_faq([folder], "en", read(folder))
    answer = book.answers["makeup"]
    assert [answer.on(day) for day in (0, 1, 2, 99)] == ["No makeup today."] * 2 + ["Makeup is fine."] * 2
    assert answer.on(None) == answer.on(-1) == "Not on days 0 and 1."
    assert (answer.label, answer.rests_on, answer.words) == ("Makeup", ("s1.1",), ("makeup", "foundation"))
    assert answer.phrasings == tuple("abcdefgh")
    assert (book.out_of_scope, book.away) == (("what does it cost",), ("price", "how much"))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("label: Makeup", "label: Makeup and everything like it", 10, "24"),
        ("label: Makeup\n", "", 9, "`label:"),
        ("rests on: s1.1", "rests on: s1.9", 11, "no fact s1.9"),
        ("rests on: s1.1", "rests on:", 11, "`rests on:"),
        ("- h\n", "", 13, "7 ways of asking"),
        ("- h\n", "h\n", 21, "“- ”"),
        ("Days 0-1", "Days 1-0", 22, "backwards"),
        ("From day 2", "From day 1", 24, "answered already"),
        ("From day 2", "Later", 24, "“Later”"),
        ("No makeup today.\n", "", 22, "no answer"),
        ("No makeup today.", "No " + "makeup " * 90, 22, "shorten it to 600"),
        ("No makeup today.", "Rub & wait.", 22, "instead of &"),
        ("No makeup today.", "Call {{ phone }.", 23, "curly brackets"),
        ("### Any other day\nNot on days 0 and 1.\n", "", 9, "Any day"),
        ("words: makeup", "wrods: makeup", 12, "`words:`"),
    ],
)
def test_a_fault_names_file_and_line_and_what_to_do(
    folder: Path, old: str, new: str, line: int, says: str
) -> None:
    assert old in TOPIC
    (folder / "faq.md").write_text(TOPIC.replace(old, new, 1))
    with pytest.raises(ContentFaults) as caught:
        load_faq([folder], "en", read(folder))
    places = [(f.file, f.line) for f in caught.value.faults if says in f.what and "`makeup`" in f.what]
    assert ("peel/en/faq.md", line) in places, caught.value


def test_faults_of_all_folders_are_told_at_once(folder: Path) -> None:
    other = folder.parent.parent / "general" / "en"
    other.mkdir(parents=True)
    (other / "faq.md").write_text(TOPIC.replace("- h\n", ""))
    (folder / "faq.md").write_text(TOPIC.replace("label: Makeup", "label:").replace("s1.1", "s1.2"))
    with pytest.raises(ContentFaults) as caught:
        load_faq([folder, other], "en", read(folder))
    assert {fault.file for fault in caught.value.faults} == {"peel/en/faq.md", "general/en/faq.md"}
    assert len(caught.value.faults) >= 3


def test_a_topic_in_two_folders_is_a_fault(folder: Path) -> None:
    with pytest.raises(ContentFaults, match="answered twice"):
        load_faq([folder, folder], "en", read(folder))
