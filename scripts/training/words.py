# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of the keyword spotter, and what it hears beside them."""

KNOWN = ("up", "down", "left", "right", "stop", "go", "yes", "no", "on", "off", "zero", "one",
         "two", "three", "four", "five", "six", "seven", "eight", "nine")
UNKNOWN = "unknown"
NOISE = "nothing"  # is said
LABELS = KNOWN + (UNKNOWN,)

# Neither list holds a word that sounds like a known one (know, write, for, ...). Those of the test
# are heard in no training.
OTHERS = {
    "train": """
bed bird cat dog happy house tree wow backward visual learn above across action again agree air
alarm all also always angry answer apple arm art ask away baby back bad ball bank bath beach bean
bell best better big bike black blood blue boat body book both bottle box boy bread break bridge
brother brown bus busy butter button buy cake call camera car card carry chair change cheese child
city class clean clear clock close cloud coat coffee cold colour come cook corner count country
cover cup cut dance dark daughter dawn day deep dinner doctor door double dress drink drive dry
early ear earth easy egg empty end evening every eye face fall family far farm fast father feet
few field fifty fight fill find finger fire first fish flat floor flower fly food foot forest
forget fork free friend fruit full fun game garden gas give glass gold gone good grass great green
group grow guess hair half hall hand hard hat head hear heart heavy hello help hero high hill hold
home hope horse hospital hot hour hundred idea inside island job joke jump keep key kind king
kitchen knife lake lamp language large last late laugh law leaf leg lesson letter lift light line
lion lip list little long lot love low lunch machine make many map market may meat meet message
middle milk million mine minute mirror money month moon more morning mother mountain mouth move
much music nail name narrow near neck need neighbour never new news nice night noise noon nose nose
note number ocean office often old only open orange order over own page paint paper parent park
part pass pay pen pencil people phone photo piano pick pig pin place plan plant plate play please
pocket point police pool poor post power price pull push put queen question quick quiet rain read
red rest rice rich ride ring river road room rope round run sad salt same sand save school sea seat
second see sell send set shade shape sheep ship shirt shoe shop short shout show shut sick side
silver sing sister sit size skin sky sleep slow small smile snow soap sock soft some song soon sound
soup south spoon spring square stamp star start step stone story street strong sugar summer sun
""".split(),
    "held-out": """
bedroom bicycle candle chicken computer daily dream engine fence gift history insect jacket jam
kettle lemon magic nature onion pepper rabbit ribbon salad silence sofa station table teacher today
tomorrow tower village volume
""".split(),
    "test": """
sheila marvin forward follow sweet swim tail take talk tall taste tea teach tell thank thin thing
think thousand thumb ticket tie time tired toe together tongue tooth top touch town toy train
travel trouble true try turn umbrella uncle under voice wait walk wall want warm wash watch water
weather week wet wheel white whole wide wife wind window wine winter wish woman wonder wood word
work world worry wrong yard year yellow yesterday young zebra
""".split(),
}
