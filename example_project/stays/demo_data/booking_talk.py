"""Scripts of guests and hosts about a booking: first those that end in `site: confirmed`, then those still open."""

from __future__ import annotations

# What stands for the message that `confirm_booking` sends.
CONFIRMED = "confirmed"

SETTLED = [
    """
    guest: Hello {host}, is {listing} still free from {check_in}? We would stay {nights} nights.
    host: Hello {guest}! It is. How many are you?
    guest ^2: Two, and a very small dog who mostly sleeps.
    host: Small sleeping dogs are welcome. The big chair is his, everybody agrees on that.
    guest: Perfect, that is settled then.
    site: confirmed
    host: See you on {check_in}. I send the code for the gate the evening before.
    guest ^7: Thank you! Is there a supermarket that opens on Sundays?
    host: The one at the station, until nine. Bread is better at the corner, from seven.
    guest: Noted. We arrive around six.
    """,
    """
    guest: Hi {host}, I come to {town} for work and would need a desk and a decent connection.
    host: Both are there. 180 down, 40 up this morning, and the desk stands at the window.
    guest: Better than my office. And a chair that one can sit on for eight hours?
    host ^3: I wrote a thesis on it, so: yes.
    guest: Sold. {nights} nights from {check_in}, please.
    site: confirmed
    guest: One more thing: may I leave my suitcase before three?
    host ^7: Any time after ten. Ring at the door with the brass fish, my sister is at home.
    guest: You have a brass fish?
    host: Everybody asks. It was there before us.
    """,
    """
    guest: Good evening! Could we check in late on {check_in}? Our train arrives at 23:10.
    host: No problem, there is a key box. It is 12 minutes from the station on foot.
    guest: Is it safe at that hour?
    host ^3: It is one lit street, past two cafés that are open later than you will be awake.
    site: confirmed
    host: Key box: left of the door, the code comes by message on the day. | Heating: the dial in the hall, at 3.
    guest: Thank you, very clear.
    guest: The train is 40 minutes late, if you wonder. I don't.
    host ^8: It always is. The soup on the stove is for you, just warm it up.
    guest: You are the best host we have had, and we have not met yet.
    """,
    """
    guest: Hello! Does {listing} have a cot? Our daughter is nine months old.
    host: It has, and a high chair, and a box of wooden animals with most of their legs.
    guest ^2: She prefers them without.
    host: Then it is meant to be. {nights} nights from {check_in}?
    guest: Yes please.
    site: confirmed
    guest: Are the stairs steep? I try to decide about the pushchair.
    host ^7: Fourteen, with a turn. I would leave the pushchair in the hall, nobody minds.
    guest: Good to know. Thank you!
    """,
    """
    guest: Is the price for {nights} nights the one on the page, or is there a cleaning fee?
    host: The one on the page. I clean myself, and I like it.
    guest: Rare words. Then I should like to book.
    site: confirmed
    host: What brings you to {town}?
    guest ^5: The bird hide at the estuary. Somebody reported a bluethroat.
    host: My neighbour reported it. He will want to show you personally, be warned.
    guest: That is not a warning, that is the best news of the week.
    host ^8: I told him. He has put on a clean shirt.
    guest: See you soon, both of you.
    """,
    """
    guest: Hi! Three friends, {nights} nights, no party, promise.
    host: Hi {guest}! What do three friends do in {town} without a party?
    guest ^2: We sing. Madrigals. Quietly.
    host: In that case I insist on one evening with the window open.
    guest: Deal.
    site: confirmed
    guest: Is there a music stand, by any chance?
    host: There are five. Long story.
    guest ^8: You have to tell it.
    host: When you are here. {check_in}, kettle on.
    guest: We bring cake.
    """,
]

OPEN = [
    """
    guest: Hello {host}, would {listing} be free for {nights} nights from {check_in}?
    host: Let me look, I have somebody asking for the same week.
    guest: Of course, no hurry.
    guest: Shall I look for something else, or is there hope?
    """,
    """
    guest: We found {listing} and cannot stop looking at the pictures. Is {check_in} possible?
    host: That makes me glad. It is, though the boiler man comes on the second morning.
    guest ^2: We shall make him coffee.
    host: Then I confirm tonight, when I am back at my desk.
    guest: Wonderful!
    """,
    """
    guest: Do you let for {nights} nights at that time of the year? I know it is short notice.
    host: I do. Do you come by car? The lane is closed until the end of the month.
    guest ^2: By bus, I read that it stops at the church.
    host: It does, at 11, 15 and 18. I can fetch you with the bags if you write from the bus.
    guest: That would be very kind. I wait for your word then.
    host: You have it tomorrow.
    guest: 🙏
    """,
]
