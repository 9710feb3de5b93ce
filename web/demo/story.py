"""Two weeks of project Apollo, told as steps that the demo plays through the real verbs of three real nodes.

The rule kept here: data only. A step names who does what and when; nothing in it knows how it is done.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["post", "boost", "favourite"]


@dataclass(frozen=True, slots=True)
class Company:
    """A company of the demo: its node's short name, its people as (username, name, title), the last one outside the project."""

    name: str
    company: str
    role: str
    people: tuple[tuple[str, str, str], ...]
    members: tuple[tuple[str, str], ...]


COMPANIES = (
    Company(
        "acme",
        "Acme Automation",
        "host",
        (
            ("alice", "Alice Martin", "Project lead"),
            ("amine", "Amine Haddad", "Automation engineer"),
            ("zoe", "Zoé Laurent", "Sales"),
            ("admin", "Acme IT", "IT administrator"),
        ),
        (("alice", "lead"), ("amine", "member")),
    ),
    Company(
        "globex",
        "Globex Foods",
        "client",
        (
            ("bob", "Bob Keller", "Plant manager"),
            ("beatriz", "Beatriz Sousa", "Quality engineer"),
            ("zach", "Zach Miller", "Purchasing"),
            ("admin", "Globex IT", "IT administrator"),
        ),
        (("bob", "lead"), ("beatriz", "member")),
    ),
    Company(
        "initech",
        "Initech Vision",
        "supplier",
        (
            ("ines", "Inès Moreau", "Vision software engineer"),
            ("zita", "Zita Novak", "Support"),
            ("admin", "Initech IT", "IT administrator"),
        ),
        (("ines", "lead"),),
    ),
)

PROJECT = "apollo"
PROJECT_TITLE = "Apollo"
PURPOSE = "Retrofit of bottling line 3 at the Lyon plant: new controls by Acme, inspection cameras by Initech, live before the summer peak."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing somebody does on working day `day` (1 to 10) at `at`. `key` names it so that later steps can point to it with `to`."""

    day: int
    at: str
    who: str
    text: str = ""
    key: str = ""
    to: str = ""
    kind: Kind = "post"
    internal: bool = False
    picture: bool = False


def _post(day: int, at: str, who: str, text: str, key: str = "", to: str = "") -> Step:
    return Step(day, at, who, text, key, to)


def _inside(day: int, at: str, who: str, text: str, key: str = "", to: str = "") -> Step:
    return Step(day, at, who, text, key, to, internal=True)


def _likes(day: int, at: str, who: str, to: str) -> Step:
    return Step(day, at, who, to=to, kind="favourite")


def _boosts(day: int, at: str, who: str, to: str) -> Step:
    return Step(day, at, who, to=to, kind="boost")


STEPS: tuple[Step, ...] = (
    _post(
        1,
        "08:42",
        "alice",
        "Good morning to all three teams! The charter is signed, so from here on we work in one place. First goal: the list of signals for line 3, agreed by Friday. @apollo",
        "hello",
    ),
    _post(
        1,
        "08:55",
        "bob",
        "Welcome from the plant. Line 3 stops for maintenance on the 18th, that is our fixed point. Everything that needs the line open has to happen in those 36 hours.",
        "window",
        "hello",
    ),
    _likes(1, "08:57", "amine", "window"),
    _post(
        1,
        "09:03",
        "ines",
        "Hello from Initech! I'll bring the two inspection cameras for the filler and the capper. I need one decision early: trigger by encoder or by light barrier?",
        "trigger",
        "hello",
    ),
    _inside(
        1,
        "09:10",
        "zoe",
        "Reminder: the customer day is on the 27th, slides to me by Wednesday please.",
        "acme-day",
    ),
    _inside(
        1,
        "09:24",
        "amine",
        "I'll need the old cabinet drawings of line 3 from the archive. Does anyone know who has the key?",
        "acme-key",
    ),
    _inside(1, "09:31", "alice", "It hangs in my office, second hook.", to="acme-key"),
    _post(
        1,
        "10:15",
        "amine",
        "#deliverable Signal list v1 for line 3: 148 inputs, 62 outputs, 11 drives. Please check the tags against the names your operators use. @apollo",
        "signals",
    ),
    _post(
        1,
        "13:40",
        "beatriz",
        "Looking at it now. First impression: names of the capper section are the old ones, from before 2019.",
        "capper-names",
        "signals",
    ),
    _post(
        1,
        "14:02",
        "amine",
        "You are right, they come from the old drawings. Can you send me the names in use?",
        to="capper-names",
    ),
    _inside(
        1,
        "15:12",
        "zach",
        "New supplier portal goes live on Monday. Old orders stay where they are.",
        "globex-portal",
    ),
    _post(
        1,
        "15:30",
        "beatriz",
        "Here they are, 23 of them: CAP-01 to CAP-23, same order as on the panel from left to right.",
        to="capper-names",
    ),
    _post(
        2,
        "08:20",
        "bob",
        "#question Does the new control need a second power feed for the cabinet, or does the present one (32 A) do? Our electrician is on site only today. @apollo",
        "feed",
    ),
    _post(
        2,
        "08:47",
        "amine",
        "The present one does: we measured 21 A at full load with the new drives. No second feed.",
        "feed-answer",
        "feed",
    ),
    _likes(2, "08:50", "bob", "feed-answer"),
    _post(
        2,
        "09:30",
        "alice",
        "#decision Trigger for the cameras: **encoder**. One signal less in the cabinet, and it stays right when the belt speed changes. Objections until noon? @apollo",
        "encoder",
    ),
    _post(
        2,
        "09:44",
        "ines",
        "None, encoder is what I hoped for. 1024 pulses per turn are enough for us.",
        to="encoder",
    ),
    _post(2, "11:20", "bob", "Fine for the plant.", to="encoder"),
    _boosts(2, "11:25", "amine", "encoder"),
    _inside(2, "14:05", "zita", "Ticket queue is down to nine, thanks everybody.", "initech-queue"),
    _post(
        2,
        "16:10",
        "beatriz",
        "#question Which reject rate do the cameras assume? Our limit in the quality plan is 0.3 % false rejects. @apollo",
        "rejects",
    ),
    _post(
        3,
        "09:05",
        "ines",
        "With the lighting as planned we measured 0.12 % false rejects on your sample bottles (n = 4,000). I'll attach the report to the deliverable.",
        to="rejects",
    ),
    _likes(3, "09:20", "beatriz", "rejects"),
    _post(
        3,
        "10:00",
        "amine",
        "#deliverable Signal list v2, with the 23 capper names in use and the encoder instead of the light barrier. @apollo",
        "signals2",
    ),
    _post(
        3, "11:35", "beatriz", "Checked line by line: accepted. Thank you for the quick turn.", to="signals2"
    ),
    _likes(3, "11:36", "alice", "signals2"),
    _inside(
        3,
        "13:30",
        "alice",
        "For our eyes: margin on Apollo is thin, so please book hours on the right work package from day one.",
        "acme-margin",
    ),
    _inside(
        3,
        "13:42",
        "amine",
        "Will do. The drawings took me half a day, I booked it on preparation.",
        to="acme-margin",
    ),
    _inside(
        3,
        "14:20",
        "bob",
        "Between us at Globex: the budget for a fourth camera is there if the first two prove themselves. Not to be mentioned outside yet.",
        "globex-budget",
    ),
    _inside(3, "14:31", "zach", "Noted, I keep it out of the order for now.", to="globex-budget"),
    _post(
        4,
        "08:15",
        "ines",
        "#blocker The housing for camera 2 does not fit under the guard rail of the capper: 14 mm too high. I can't order the bracket before we know what may move. @apollo",
        "rail",
    ),
    _post(4, "08:32", "bob", "I'll go and look with a tape measure before the early shift ends.", to="rail"),
    _post(
        4,
        "09:10",
        "bob",
        "Measured: the rail can come up by 20 mm, it is bolted, not welded. Safety has to agree, I asked them.",
        "rail-measured",
        "rail",
    ),
    Step(
        4,
        "09:14",
        "beatriz",
        "The rail from the operator's side, with the ruler. @apollo",
        "rail-photo",
        "",
        picture=True,
    ),
    _likes(4, "09:20", "ines", "rail-photo"),
    _post(
        4,
        "15:45",
        "bob",
        "Safety agrees: rail up by 20 mm, new mark on the floor. Blocker gone from our side.",
        "rail-free",
        "rail",
    ),
    _likes(4, "15:47", "ines", "rail-free"),
    _likes(4, "15:52", "alice", "rail-free"),
    _post(
        4,
        "16:05",
        "ines",
        "Bracket ordered, arrives on Tuesday. Thank you for doing this within a day!",
        to="rail",
    ),
    _post(
        5,
        "09:00",
        "alice",
        "End of week one, where we stand: signal list accepted, trigger decided, rail solved. Open: network addresses (Globex IT), panel texts in French (Acme). Have a good weekend. @apollo",
        "week1",
    ),
    _post(
        5,
        "09:20",
        "beatriz",
        "Les textes du pupitre en français : je relis volontiers, les opérateurs y tiennent beaucoup.",
        to="week1",
    ),
    _post(5, "09:31", "amine", "Merci Beatriz, je t'envoie la première version lundi.", to="week1"),
    _inside(5, "11:00", "zoe", "Who joins for lunch at the market? Table for six at 12:15.", "acme-lunch"),
    _inside(5, "11:04", "amine", "In!", to="acme-lunch"),
    _inside(5, "16:00", "zita", "Office closes at four today, the floor is being polished.", "initech-floor"),
    _post(
        6,
        "08:30",
        "amine",
        "#task Network addresses for the cabinet: we need 14 in one range, fixed. Whom may I ask at Globex? @apollo",
        "network",
    ),
    _post(6, "08:58", "bob", "Our IT. I passed it on with the drawing, you should hear today.", to="network"),
    _post(
        6,
        "14:10",
        "beatriz",
        "From IT: 10.43.7.20 to .33, gateway .1, ports are being opened tonight.",
        "network-answer",
        "network",
    ),
    _likes(6, "14:15", "amine", "network-answer"),
    _post(
        6,
        "15:20",
        "amine",
        "#deliverable Textes du pupitre, version 1 : 212 lignes. Beatriz, les lignes 80 à 95 (lavage) sont les plus délicates. @apollo",
        "texts",
    ),
    _inside(
        6,
        "16:40",
        "beatriz",
        "Does anyone still have last year's audit report on the washing cycle?",
        "globex-audit",
    ),
    _inside(6, "16:55", "zach", "On the quality drive, folder 2025-audits.", to="globex-audit"),
    _post(
        7,
        "10:05",
        "beatriz",
        "Relu avec deux opératrices : 9 corrections, surtout lavage. Je les mets ici une par une.",
        "texts-review",
        "texts",
    ),
    _post(7, "10:40", "amine", "Merci, les 9 sont faites. Version 2 est en ligne.", "texts2", "texts"),
    _likes(7, "10:45", "beatriz", "texts2"),
    _post(
        7,
        "13:15",
        "ines",
        "The bracket is here and fits (with 6 mm to spare). Cameras leave us tomorrow. @apollo",
        "bracket",
    ),
    _boosts(7, "13:20", "bob", "bracket"),
    _likes(7, "13:22", "alice", "bracket"),
    _post(
        8,
        "08:50",
        "bob",
        "#question The night shift asks: can they keep the old panel beside the new one for the first week? @apollo",
        "panel",
    ),
    _post(
        8,
        "09:15",
        "alice",
        "Yes, read-only. We leave its feed connected until the 26th. A good idea, it takes away the fear of the first night.",
        "panel-answer",
        "panel",
    ),
    _likes(8, "09:20", "bob", "panel-answer"),
    _likes(8, "09:31", "beatriz", "panel-answer"),
    _post(
        8,
        "11:00",
        "alice",
        "#milestone Factory acceptance of the cabinet: Thursday 14:00, at Acme, hall 2. By video for those who can't travel. @apollo",
        "fat",
    ),
    _post(8, "11:12", "ines", "I come in person, with camera 1.", to="fat"),
    _post(8, "11:40", "beatriz", "Bob and I too. May I bring our maintenance lead?", "lead-question", "fat"),
    _post(8, "11:44", "alice", "Of course, he is the one who will live with it.", to="lead-question"),
    _inside(
        8,
        "15:00",
        "alice",
        "Hall 2 has to be tidy by Thursday noon, guests from Globex and Initech.",
        "acme-hall",
    ),
    _inside(8, "15:09", "zoe", "Coffee and cake are ordered.", to="acme-hall"),
    _post(
        9,
        "14:50",
        "beatriz",
        "Acceptance list, 41 points: 38 passed, 3 open (emergency stop label, washing timer, one wrong lamp colour). @apollo",
        "list",
    ),
    _post(
        9,
        "15:30",
        "amine",
        "Label and lamp are done while we speak. The timer needs the plant's setpoint: 90 or 120 seconds?",
        "timer",
        "list",
    ),
    _post(9, "15:41", "bob", "120. It was 90 once and we came to regret it.", "timer-answer", "timer"),
    _likes(9, "15:42", "amine", "timer-answer"),
    _post(
        9,
        "16:20",
        "amine",
        "41 of 41. Cabinet accepted, it goes on the truck tomorrow at seven.",
        "accepted",
        "list",
    ),
    _boosts(9, "16:25", "alice", "accepted"),
    _likes(9, "16:26", "bob", "accepted"),
    _likes(9, "16:30", "ines", "accepted"),
    _inside(9, "17:10", "bob", "Good day at Acme. I am confident for the 18th.", "globex-confident"),
    _inside(
        9,
        "17:30",
        "zita",
        "Inès, the customer from Nantes called back, it can wait until you are home.",
        "initech-nantes",
    ),
    _post(
        10,
        "08:05",
        "alice",
        "The truck left at 7:02. #decision Order of work in the 36 hours: cabinet, drives, cameras, washing, first bottles at hour 30. @apollo",
        "order",
    ),
    _post(
        10,
        "08:30",
        "ines",
        "Cameras after the drives suits me, I need about 4 hours with the belt running.",
        to="order",
    ),
    _post(
        10,
        "09:10",
        "bob",
        "Plan printed and on the wall of the control room. Thank you all, this was two weeks in which nobody waited for anybody longer than a day.",
        "wall",
        "order",
    ),
    _likes(10, "09:12", "alice", "wall"),
    _likes(10, "09:13", "amine", "wall"),
    _likes(10, "09:15", "ines", "wall"),
    _boosts(10, "09:16", "beatriz", "wall"),
)
