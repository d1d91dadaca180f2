"""Look-alikes: the skeleton of a name, which is the same for all names that a reader would take for each other.

After Unicode Technical Standard 39 (confusable detection), bent for names of people: case, accents, spaces, marks of
punctuation and invisible characters make no other name, and what looks like a Latin letter or digit counts as it.
The packages for this are old or unfinished and bring a megabyte of pairs; what readers confuse fits in a table.
"""

import unicodedata
from functools import lru_cache

# What stands at the end of each line is confused with what stands at its beginning (Unicode's confusables.txt; left
# out is what compatibility decomposition resolves by itself: full width, mathematical letters, accents).
_CONFUSED = """
2 ƧƻϨᒿꙄꛯꝚ
3 ƷȜЗҘӠⳌꝪꞫ𑣊𖼻
4 Ꮞ𑢯
5 Ƽ𑢻
6 бᏮⳒ𑣕
7 𐓒𑣆
8 Ȣȣ৪੪𐌚
9 ৭੧୨൭ⳊꝮ𑢬𑣌𑣖
a ɑΑαАаᎪᗅꓮ𐊠𖽀
aa Ꜳꜳ
ae ÆæӔӕ
ao Ꜵꜵ
au Ꜷꜷ
av ꜸꜹꜺꜻ
ay Ꜽꜽ
b ƀƂƃƄɓΒБВЬѢѣҌҍᏏᏴᑲᑳᖯᗷꓐꞴ𐊂𐊡𐌁
bl Ы
c ȼСсҪҫᏟᴄⲤⲥꓚꮯ𐊢𐌂𐐕𐐽𐔜𑣩
d ÐĐđƉƌɖɗԁᎠᏧᑯᗞᗪꓒꓓ
dz ʣ
e ɆɇΕЕеҽҿᎬⴹꓰꬲ𐊆𑢦𑢮
f ƑƒϜքᖴᵮẝꓝꞘꞙꬵ𐊇𐊥𐔥𑢢𑣂
g ƍǤǥɠɡԌցᏀᏳᶃꓖ
h ĦħɦΗНћҢһӇӉհᎻᏂᏲᕼⱧⲎꓧꚕ𐋏
i ıɨɩɪιіӏᎥᵻᵼꙇꭵ𑣃
j ɈɉͿϳЈјᎫᒍꓙꞲ
k ƙΚКҚҞᏦᛕⱩⲔꓗꝀ𐔘
l ŁłƖƗƚǀɫɭΙІӀ۱ᏞᒪᛁᣳⲒⳐⵏꓡꓲ𐊊𐌉𐐛𐔦𑢣𑢲𖼖𖼨
ll ǁ
lo Ю
ls ʪ
lz ʫ
m ΜϺМӍᎷᗰᛖⲘꓟꭑ𐊰𐌑
n ƝƞɲɳΝηոռᵰⲚꓠ𐔓
o ØøƟɵΘΟθοσОоѲѳӨөՕօ۵०০੦૦ଠ୦௦౦೦ഠ൦๐໐ဝ၀ჿዐᎾᏫᴏᴑⲞⲟⴱⵁⵔ〇ꓳꝊꝋꬽꬾꭴꮎꮻ𐊒𐊫𐐄𐐬𐓂𐓪𐔖𑓐𑢵𑣈𑣗𑣠
oe Œœ
oo ꚘꚙꝎꝏ
p ƥΡρРрᏢᑭᣖᵽⲢⲣꓑ𐊕
q ʠԛգզⵕ
r ƦɍɼɽгғᎡᏒᖇᣴᴦᵲⲅꓣꭇꭈꮁ𐒴𖼵
rn 𑜀𑣣
s ƽʂЅѕՏᏕᏚᣵᵴꓢꜱꮪ𐊖𐐠𐑈𑣁𖼺
ss βᏰꞵ
t ŦŧƫƭƮȾΤТҬᎢᵵⲦꓔ𐊗𐊱𐌕𑢼𖼊
t3 Ꜩ
tf ꝷ
ts ʦ
u ɄʋυՍսሀᏌᑌᴜᵾꓴꞟꭎꭒꮜ𐓎𐓶𑢸𑣘𖽂
ue ᵫ
uo ꭣ
v νѴѵ۷Ꮩᐯᴠⴸꓦꛟꮩ𐔝𑜆𑢠𑣀𖼈
w ɯѡԜԝաᎳᏔᴡꓪꝡꮃ𑓅𑜊𑜎𑜏𑣦
x ΧХхҲᕁᕽᚷⲬⵝꓫꞳ𐊐𐊴𐌗𐔧
y ƴɎɏɣʏΥγУуҮүҰұყᎩᎽᶌỿⲨꓬꭚ𐊲𑢤𑣜𖽃
z ƵƶȤȥʐΖᏃᙆᴢᵶꓜꮓ𑢩𑣄𑣥
"""
_LATIN = {
    ord(other): plain
    for plain, _, others in (line.partition(" ") for line in _CONFUSED.split("\n"))
    for other in others
}
# Small and capital I, the small L, the bar and the digit 1 are one stroke in many typefaces, and so on.
_STROKES = str.maketrans({"i": "l", "1": "l", "0": "o", "5": "s"})
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
# Letters that are drawn as nothing.
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")


@lru_cache(maxsize=1024)
def skeleton(text: str) -> str:
    """What is left of *text* when all that a reader may overlook is taken away; nothing if there is nothing to see."""
    plain = "".join(filter(_is_seen, unicodedata.normalize("NFKD", text)))
    # Twice: a capital may look like another letter than its small form does (В like B).
    folded = plain.translate(_LATIN).casefold()
    folded = "".join(filter(_is_seen, unicodedata.normalize("NFKD", folded))).translate(_LATIN).casefold()
    folded = folded.translate(_STROKES)
    for pair, one in _PAIRS:
        folded = folded.replace(pair, one)
    return folded


def _is_seen(character: str) -> bool:
    """Letters and digits of any script, and those signs that make other words in theirs."""
    if character in _UNSEEN or unicodedata.combining(character):
        return False
    kind = unicodedata.category(character)
    return kind[0] in "LN" or kind == "Mc"
