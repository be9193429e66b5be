"""Groups, channels and directs without a booking, and what is said there; `people` are the beginnings of addresses."""

from __future__ import annotations

from stays.demo_data.talk import Room

ROOMS = [
    Room(
        kind="group",
        title="Midsummer in Vestnes",
        topic="Six people, one pier, 20 to 24 June",
        people=["maya", "henrik.solberg", "jonas.lehtinen", "sofie.aagaard", "yuki.harada", "callum.reid"],
        script="""
        1: Welcome everybody! Henrik holds the cabin for us until Friday, so: who is in?
        2: The boat is painted, the sauna is not. Bring old towels.
        3: In. I can drive from Molde with four seats.
        4 ^3: One of them for me, please.
        5: In! I arrive a day early, may I?
        2 ^5: The door has no lock, so yes.
        6: In, with fiddle. Sorry in advance.
        1 ^7: We counted on it.
        4: Food plan: | Thursday soup | Friday whatever Henrik catches | Saturday we grill
        2: Friday also soup, then.
        5: I make onigiri for the road, how many are we in the car?
        3 ^11: Four. Five if Callum holds the fiddle on his knees.
        6: I always do.
        1: I pay the deposit tonight. 46 each, no hurry.
        4: Sent.
        3: Sent.
        5: Sent, and the train is booked.
        2: The weather people say sun. I say jumpers.
        """,
    ),
    Room(
        kind="group",
        title="Alfeira cleaning rota",
        topic="Who cleans what, and where the keys are",
        people=["tomas", "beatriz.moura", "rafael.duarte", "colette.marchand"],
        script="""
        1: This week: the bakery flat on Tuesday, the attic on Thursday. Who takes which?
        2: Tuesday is good for me.
        3 ^1: Then I take the attic. All ninety-one stairs of it.
        1: You are a hero. The second set of keys is with Dona Alda in the bakery.
        2: The washing machine in the flat stops at the spin again.
        1 ^5: Hit it on the left side. I call the man anyway.
        2: Hit it. It works. It also moved by half a metre.
        4: I am in town until Sunday, if somebody wants to swap.
        3: Friday for Saturday?
        4 ^9: Done.
        3: Attic is finished. Somebody left a book of crosswords, all solved, in pen.
        1: That is either very sad or very happy. Put it on the shelf.
        2: The flat is finished too. New bulbs in the bathroom, receipt is under the fish.
        3: Which fish?
        2 ^14: The magnet.
        """,
    ),
    Room(
        kind="group",
        title="Walk along the Guadalmira ditch",
        topic="Saturday, eight o'clock, at the fountain",
        people=["lucia.barrera", "maya", "priya.raman", "mateo.salgado", "georgia.whitlock", "tobias.frey"],
        script="""
        1: The ditch is dry until the 15th, so one can walk inside. Twelve kilometres, flat, then lunch.
        3: Count me in. Are sandals enough?
        1 ^2: Shoes. There are thistles with opinions.
        4: I bring oranges.
        5: And I a first-aid kit, after what happened at the mill.
        2 ^5: It was one bee!
        5: It was a very determined bee.
        6: May I bring my father? He is 71 and faster than I am.
        1 ^8: Fathers walk in front.
        2: Is there water on the way?
        1: One spring, at the fallen almond. Bring a litter each anyway.
        1: A litre. Though a litter of what, one wonders.
        3 ^12: Kittens, please.
        4: Weather says 24 degrees.
        6: We are at the fountain. You cannot miss us, my father wears the hat.
        """,
    ),
    Room(
        kind="group",
        title="Hosts' swap shelf",
        topic="Give away what you no longer need",
        people=["greta.halloran", "tomas", "owen.prichard", "dario.bellini", "noor.rahimi", "zanele.mthembu"],
        script="""
        1: I have eleven school chairs too many. Child size. Anybody?
        3: Four for the carriage, if the post takes them.
        1 ^2: The post does not, my cousin does. He drives to Llanfethlyn next week.
        4: Offering a coffee grinder, works, loud as a tractor.
        5 ^4: For my roof! Nobody sleeps there anyway.
        2: Looking for a wood stove door, 30 by 40 or so. Ours cracked.
        6: I have one of a Dover stove, send me a picture of the hinges?
        2 ^7: Tonight, it is too hot to touch now.
        3: Cousin has arrived. He stayed for dinner. He has not left.
        1 ^9: Send him home before he tells the story of the ferry.
        3: Too late.
        4: Grinder is on its way to Noor.
        5: It has arrived, and half the street came to see who is being shelled.
        """,
    ),
    Room(
        kind="group",
        title="Book circle: The Long Harbour",
        topic="To page 120 until Sunday",
        people=["eleni.pappas", "amara.diallo", "leon.kessler", "saoirse.kinsella", "maya", "idris.benali"],
        script="""
        1: How far is everybody? No spoilers behind page 120.
        2: 118, and I do not trust the lighthouse keeper.
        3 ^2: Nobody should trust a man who irons his sails.
        4: I am at 60, why does the aunt count spoons?
        1 ^4: Read on.
        4: Oh.
        6: The translation says "fog" eleven times on one page. Is it so in yours?
        3 ^7: Mine alternates with mist. I counted.
        5: I left mine in the train and have bought it again, so I read the first part twice. It is better.
        2: Sunday at seven, at my place or in here?
        1: In here, Idris is still in Oran.
        6 ^11: With a bad connection and a good view.
        4: The SPOONS.
        """,
    ),
    Room(
        kind="channel",
        title="Announcements",
        topic="What is new on Lantern Stays",
        people=["admin", "tomas", "maya", "greta.halloran", "farah.siddiqui", "bram.de.wit", "colette.marchand"],
        script="""
        1: Welcome to Lantern Stays. What changes is said here first.
        1: Bookings now carry their own conversation: open one, and you are with your guest or your host.
        5: Does that work for bookings from before as well?
        1 ^3: Yes. The conversation appears when one of you writes.
        1: Maintenance on Wednesday from 04:00 to 04:20 UTC. What you send meanwhile arrives once, when we are back.
        6: Once is the right number.
        1: We are back, after eleven minutes.
        4: It was four in the morning here and I did not notice, so: well done.
        1: Photos of listings can be up to 12 MB from today.
        7 ^9: At last, my mill fits.
        1: Reminder: nobody of Lantern Stays will ever ask for your password in a conversation.
        """,
    ),
    Room(
        kind="channel",
        title="Tips for guests",
        topic="Where to eat, what to bring, which bus to believe",
        people=[
            "farah.siddiqui",
            "maya",
            "viktor.hruska",
            "chidi.eze",
            "lan.pham",
            "hana.novotna",
            "emre.yalcin",
            "nadia.petrenko",
        ],
        script="""
        1: Misono: the noodle place without a sign, second lane behind the shrine. Go before noon.
        3: Zielona Brama: the number 6 tram is slower than walking, but the driver sings.
        4 ^2: Is it still the same driver? I was there in spring.
        3: The same. He has a second song now.
        5: Question: adapters for Thaba Ndlovu?
        4 ^5: Type M, the big round one. The shop at the airport wants a fortune, ask your host.
        6: Kilbrannoch: fill the tank before the moor. I say no more.
        7: What happened?
        6 ^8: A very nice evening with eleven sheep.
        2: Alfeira: custard tarts at the bakery below the blue flat, at ten past four, still warm.
        8 ^10: In the afternoon?
        2: In the morning. You do not sleep anyway once you smell them.
        1: Guadalmira: take the early bus back, the late one is a rumour.
        5: Saint-Aubin: the bicycles in the mill barn have no brakes. The river has, in a way.
        7 ^14: Confirmed, unfortunately.
        8: Vestnes: mosquito net. Thank me in July.
        """,
    ),
    Room(
        kind="channel",
        title="Lost and found",
        topic="Left something? Found something?",
        people=["samuel.adeyemi", "marisol.quintero", "piotr.wasilewski", "tomas", "aiko.tanabe", "georgia.whitlock"],
        script="""
        1: Found under the mango tree: one left sandal, size 39, blue.
        2 ^1: Mine!! I flew home with the other one.
        1: It goes to the post tomorrow, with a mango.
        3: Found: reading glasses in the courtyard room. They read very well, says my mother.
        6: Lost: a green umbrella, between the attic in Alfeira and the station.
        4 ^5: It stands in the hall and drips. It must be happy here.
        6: Keep it for the next guest, I found out that I like rain.
        5: Found: a toy rabbit under the tatami. He looks travelled.
        2: That one belongs to a small person in Lyon, I know the family. I ask.
        5 ^9: Please do, he refuses to eat.
        """,
    ),
]

# Two people, without a booking.
DIRECTS = [
    (
        "maya",
        "sofie.aagaard",
        """
        1: Are you on the 14:05 or the 15:05?
        2: 14:05, window seat, facing forward. I planned this.
        1 ^2: Of course you did. I sit across then.
        2: Did you pack the card game?
        1: Both of them.
        2: I have told Jonas that we pay for the ferry, so that he cannot argue.
        2: He argues.
        """,
    ),
    (
        "tomas",
        "greta.halloran",
        """
        2: How do you do the pricing in winter? I lower mine and feel foolish.
        1: I lower it from the second week of November, and never at New Year.
        2 ^2: Never?
        1: Never. They come anyway, and they stay longer.
        2: The school bell froze last year. Guests loved it.
        1: Put it on the page!
        2: I have. Two requests since this morning, both mention the bell.
        """,
    ),
    (
        "maya",
        "farah.siddiqui",
        """
        1: Your noodle tip saved our day.
        2: Did you get the corner table?
        1 ^2: We did, and the cat.
        2: The cat is the owner, everybody else only works there.
        2: Shall we do Alfeira in autumn? I have eleven days left.
        """,
    ),
    (
        "tomas",
        "admin",
        """
        1: Can I move a listing to my sister's account?
        2: Yes, the bookings stay with you, and new ones go to her.
        1: That is how I would want it. Tuesday?
        2 ^3: Tuesday is good. I write when it is done.
        2: One question first: does she have an account already?
        """,
    ),
    (
        "bram.de.wit",
        "viktor.hruska",
        """
        1: Is the singing tram driver real?
        2: I have recordings.
        1: Send them!
        2 ^3: When I am home. He deserves good speakers.
        """,
    ),
    (
        "zanele.mthembu",
        "owen.prichard",
        """
        1: The chairs fit through the door?
        2: Three of four. The fourth lives in the orchard now.
        1: Guests will think that it is art.
        2 ^3: One has already photographed it.
        """,
    ),
]
