"""The words of the simulated catalogue: its leaf categories and what products in them are made of.

What belongs here: words alone. How they become products is in `resources.sources.simulated_catalogue`.
"""

from dataclasses import dataclass

__all__ = ["BRANDS", "COLOURS", "LEAVES", "Leaf"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf category: its path, the words of its titles, its price level and the leaves that complement it."""

    path: str
    nouns: tuple[str, ...]
    looks: tuple[str, ...]
    """Material or make, written before the noun."""
    features: tuple[str, ...]
    """What sets it apart, written after the noun."""
    price: float
    """Median price in the shop's currency."""
    complements: tuple[str, ...]
    """Paths of leaves whose products are bought along."""

    @property
    def department(self) -> str:
        """The first step of the path."""
        return self.path.split(" > ")[0]


_TABLE = """
Home > Lighting | 59 | DIY > Light Bulbs
  desk lamp/floor lamp/table lamp/pendant light/wall light
  brass/oak/matt steel/smoked glass/rattan
  dimmable/with linen shade/with USB port/with adjustable arm
Home > Bedding | 45 | Home > Furniture
  duvet cover/fitted sheet/pillowcase set/quilt/wool blanket
  cotton/linen/bamboo/flannel/satin
  king size/double size/breathable/with button closure
Home > Decor | 24 | Garden > Plants
  scented candle/picture frame/wall mirror/flower vase/wall clock
  ceramic/walnut/glass/terracotta/gold-tone
  handmade/in a gift box/with hanging kit/large
Home > Furniture | 190 | Home > Bedding,DIY > Hand Tools
  bookcase/bed frame/side table/armchair/chest of drawers
  oak/pine/velvet/rattan/black metal
  flat-packed/with storage/space saving/for small rooms
Kitchen > Cookware | 48 | Kitchen > Utensils
  frying pan/saucepan/casserole/wok/griddle pan
  cast iron/copper/stainless steel/non-stick/enamelled
  for induction/with glass lid/oven safe/28 cm
Kitchen > Utensils | 14 | Kitchen > Cookware
  spatula/ladle/whisk/chef knife/tongs set
  beech wood/silicone/steel/olive wood/nylon
  heat resistant/dishwasher safe/with hanging loop/non-slip
Kitchen > Coffee | 75 | Grocery > Coffee Beans
  espresso machine/moka pot/french press/coffee grinder/pour-over set
  stainless steel/glass/ceramic/aluminium/compact
  for four cups/with milk frother/with timer/easy to clean
Kitchen > Tableware | 32 | Home > Decor
  dinner plate set/cereal bowl set/mug/wine glass set/serving platter
  stoneware/porcelain/crystal/earthenware/melamine
  for six/microwave safe/hand painted/stackable
Grocery > Coffee Beans | 15 | Kitchen > Coffee
  espresso beans/filter coffee/decaf coffee/coffee capsules/cold brew blend
  dark roast/medium roast/organic/single origin/fair trade
  500 g/1 kg/chocolate notes/from Ethiopia
Grocery > Tea | 9 | Kitchen > Tableware
  green tea/earl grey/chamomile tea/rooibos tea/matcha powder
  organic/loose leaf/whole leaf/ceremonial/blended
  50 bags/in a tin/caffeine free/from Japan
Grocery > Snacks | 6 | Grocery > Tea
  dark chocolate/mixed nuts/granola bar/oat biscuit/dried mango
  organic/salted/sugar free/roasted/vegan
  sharing bag/box of twelve/gluten free/no palm oil
Grocery > Pantry | 8 | Kitchen > Cookware
  olive oil/spaghetti/tomato sauce/basmati rice/honey
  extra virgin/wholegrain/organic/stone ground/raw
  1 litre/from Italy/family pack/in a jar
Garden > Plants | 22 | Garden > Pots
  monstera plant/snake plant/peace lily/succulent set/lavender plant
  potted/young/tall/mini/easy-care
  air purifying/for shady rooms/pet safe/in nursery pot
Garden > Pots | 26 | Garden > Plants
  planter/hanging basket/plant stand/window box/saucer set
  terracotta/glazed/fibreclay/zinc/woven
  with drainage hole/frost proof/30 cm/set of three
Garden > Tools | 28 | Fashion > Gloves
  pruning shears/garden fork/watering can/leaf rake/hand trowel
  carbon steel/ash handled/galvanised/ergonomic/lightweight
  rust proof/with long handle/with soft grip/extendable
Garden > Outdoor Living | 140 | Home > Decor
  patio heater/garden bench/parasol/hammock/fire pit
  teak/aluminium/acacia/powder-coated/weatherproof
  foldable/with cover/for two/uv resistant
Office > Stationery | 11 | Office > Desk Storage
  notebook/fountain pen/gel pen set/desk planner/sticky notes
  recycled/leather bound/dotted/refillable/hardcover
  A5/pack of ten/acid free/with elastic band
Office > Desk Storage | 29 | Office > Stationery
  file organiser/drawer unit/pen holder/monitor stand/letter tray
  bamboo/mesh metal/felt/clear acrylic/oak
  with three trays/stackable/with lock/cable slot
Office > Chairs | 150 | Home > Lighting
  office chair/kneeling stool/footrest/drafting chair/lumbar cushion
  mesh/faux leather/memory foam/swivel/ergonomic
  with headrest/height adjustable/with silent castors/tilting
Office > Printing | 160 | Office > Ink and Paper
  inkjet printer/laser printer/label printer/photo printer/document scanner
  wireless/compact/colour/monochrome/duplex
  with tray/for small offices/with app control/fast
Office > Ink and Paper | 27 | Office > Printing
  ink cartridge/toner cartridge/copy paper/photo paper/label roll
  high yield/black/multipack/glossy/recycled
  500 sheets/twin pack/A4/smudge free
Electronics > Audio | 95 | Electronics > Cables
  headphones/bluetooth speaker/earbuds/soundbar/turntable
  wireless/noise cancelling/portable/waterproof/studio
  30 hour battery/with case/deep bass/foldable
Electronics > Cables | 17 | Electronics > Audio
  usb-c cable/hdmi cable/audio cable/power bank/wall charger
  braided/fast charging/slim/reinforced/gold-plated
  2 metres/60 watt/with warranty/two ports
Electronics > Computing | 69 | Electronics > Cables,Office > Desk Storage
  mechanical keyboard/wireless mouse/webcam/laptop sleeve/external drive
  compact/backlit/silent/aluminium/ergonomic
  for mac and windows/1 TB/with privacy cover/rechargeable
Electronics > Smart Home | 58 | DIY > Batteries
  smart plug/video doorbell/thermostat/motion sensor/security camera
  wifi/zigbee/battery powered/outdoor/mini
  works with voice assistants/pack of two/night vision/easy to install
DIY > Light Bulbs | 10 | Home > Lighting
  led bulb/filament bulb/candle bulb/spotlight bulb/smart bulb
  warm white/cool white/dimmable/vintage/energy saving
  E27/E14/GU10/pack of four
DIY > Batteries | 12 | Electronics > Smart Home
  AA batteries/AAA batteries/9V battery/coin cell/battery charger
  alkaline/rechargeable/lithium/long life/high capacity
  pack of eight/leak proof/low self-discharge/blister pack
DIY > Hand Tools | 31 | DIY > Fixings
  screwdriver set/claw hammer/spanner set/tape measure/hand saw
  forged/chrome vanadium/magnetic/insulated/compact
  with case/with lifetime warranty/40 pieces/soft grip
DIY > Fixings | 8 | DIY > Hand Tools
  wood screws/wall plugs/picture hooks/nails/angle brackets
  zinc-plated/stainless/brass/nylon/galvanised
  assorted box/pack of 100/for drywall/heavy duty
Sports > Running | 62 | Sports > Nutrition
  running shoes/running belt/running shorts/reflective vest/sports socks
  cushioned/lightweight/breathable/trail/seamless
  for women/for men/with zip pocket/quick drying
Sports > Yoga | 28 | Sports > Hydration
  yoga mat/yoga block/meditation cushion/resistance band/foam roller
  cork/natural rubber/jute/extra thick/non-slip
  6 mm/with strap/set of two/latex free
Sports > Hydration | 21 | Sports > Running
  water bottle/insulated flask/hydration pack/shaker bottle/sports cap
  stainless steel/bpa free/leakproof/collapsible/double walled
  750 ml/1 litre/keeps cold for a day/with straw
Sports > Nutrition | 26 | Sports > Hydration
  protein powder/energy gel/electrolyte tablets/protein bar/creatine
  vanilla/chocolate/vegan/citrus/unflavoured
  box of twelve/1 kg/informed sport tested/no added sugar
Sports > Camping | 98 | DIY > Batteries
  tent/sleeping bag/camping stove/head torch/camping chair
  two-person/ultralight/four-season/folding/down
  waterproof/with carry bag/compact/windproof
Beauty > Skin Care | 22 | Beauty > Accessories
  face cream/vitamin C serum/cleansing gel/clay mask/sun cream
  hydrating/organic/fragrance free/rejuvenating/gentle
  for dry skin/for sensitive skin/SPF 30/50 ml
Beauty > Hair Care | 13 | Beauty > Hair Tools
  shampoo/conditioner/hair oil/hair mask/dry shampoo
  argan/keratin/sulphate free/volumising/repairing
  for curly hair/for coloured hair/400 ml/vegan
Beauty > Hair Tools | 54 | Beauty > Hair Care
  hair dryer/straightener/curling wand/paddle brush/beard trimmer
  ionic/ceramic/cordless/tourmaline/travel
  with diffuser/fast heating/with comb/quiet
Beauty > Accessories | 16 | Beauty > Skin Care
  makeup brush set/cotton pads/facial roller/toiletry bag/headband
  reusable/jade/bamboo/vegan leather/microfibre
  set of ten/with pouch/washable/travel size
Toys > Building | 38 | Toys > Games
  building blocks/marble run/train set/magnetic tiles/model kit
  wooden/colourful/100-piece/classic/creative
  from 3 years/from 6 years/with storage box/montessori
Toys > Games | 27 | Grocery > Snacks
  board game/card game/jigsaw puzzle/chess set/dice game
  cooperative/strategy/family/travel/1000-piece
  for two players/for all ages/award winning/30 minutes
Toys > Soft Toys | 19 | Baby > Nursery
  teddy bear/plush rabbit/hand puppet/plush dinosaur/comforter
  organic cotton/fluffy/weighted/mini/giant
  machine washable/from birth/with sound/gift boxed
Pets > Dog | 29 | Pets > Food
  dog bed/dog lead/dog harness/chew toy/dog bowl
  orthopaedic/reflective/rope/padded/stainless steel
  for large dogs/for puppies/washable/adjustable
Pets > Cat | 32 | Pets > Food
  scratching post/litter tray/cat tunnel/feather wand/cat carrier
  sisal/hooded/foldable/natural/plush
  for kittens/extra large/easy to clean/stable
Pets > Food | 18 | Pets > Dog,Pets > Cat
  dry dog food/wet cat food/dog treats/cat treats/puppy food
  grain free/chicken/salmon/lamb/hypoallergenic
  2 kg/pack of twelve/for sensitive stomachs/high protein
Fashion > Knitwear | 68 | Fashion > Gloves
  jumper/cardigan/beanie/scarf/roll-neck
  merino/cashmere/alpaca/lambswool/chunky knit
  for women/for men/relaxed fit/ribbed
Fashion > Gloves | 19 | Fashion > Knitwear
  touchscreen gloves/mittens/work gloves/gardening gloves/leather gloves
  lined/waterproof/suede/cotton/thermal
  size M/size L/with cuff/breathable
Baby > Nursery | 35 | Baby > Feeding
  cot mobile/changing mat/night light/baby monitor/swaddle
  organic/muslin/musical/quilted/star projector
  from birth/rechargeable/machine washable/neutral colours
Baby > Feeding | 16 | Baby > Nursery
  baby bottle/bib set/weaning bowl/sippy cup/bottle warmer
  silicone/glass/anti-colic/bamboo/bpa free
  set of three/260 ml/from 6 months/with lid
"""
"""Four lines a leaf: path, price and complements; nouns; looks; features."""


def _parse(table: str) -> tuple[Leaf, ...]:
    lines = iter(table.strip().splitlines())
    leaves = []
    for head in lines:
        path, price, complements = head.split(" | ")
        nouns, looks, features = (tuple(next(lines).strip().split("/")) for _ in range(3))
        leaves.append(Leaf(path, nouns, looks, features, float(price), tuple(complements.split(","))))
    return tuple(leaves)


LEAVES: tuple[Leaf, ...] = _parse(_TABLE)
"""The leaf categories, in thirteen departments and in the order of the catalogue."""

BRANDS: dict[str, tuple[str, ...]] = {
    "Home": ("Nordlys", "Havn & Hearth", "Lumera", "Oakfield"),
    "Kitchen": ("Cuivra", "Panello", "Stahlwerk", "Mesa Verde"),
    "Grocery": ("Fieldday", "Monte Bruno", "Greenleaf", "Kernel & Co"),
    "Garden": ("Rootwell", "Terrano", "Willowbank", "Sunpatch"),
    "Office": ("Papyra", "Deskwise", "Inkwell", "Formline"),
    "Electronics": ("Voltic", "Sonara", "Kabelo", "Pixelark"),
    "DIY": ("Brightfix", "Hammerhus", "Toolson", "Ampera"),
    "Sports": ("Stridewell", "Peakform", "Aquila", "Zenmove"),
    "Beauty": ("Belleval", "Purelle", "Sylka", "Rosehip Lane"),
    "Toys": ("Tumbletree", "Playwerk", "Brickadoo", "Merrymoon"),
    "Pets": ("Wagtail", "Purrfect", "Barkley", "Whiskerdom"),
    "Fashion": ("Fjellwool", "Maison Lise", "Knitto", "Harrow"),
    "Baby": ("Littlenest", "Bambini", "Snugglet", "Dreamdrop"),
}
"""Brands of each department."""

COLOURS = ("white", "black", "sage green", "navy", "terracotta", "sand", "grey", "mustard", "dusty pink", "teal")
"""Colours that descriptions name."""
