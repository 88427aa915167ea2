"""Given names and surnames for invented people; the combinations are drawn, nobody is meant."""

from __future__ import annotations

from typing import Final

WOMEN: Final = (
    *("Sumiyati", "Lestari", "Wulandari", "Kartini", "Ratnawati", "Suprihatin", "Endang", "Yuni"),
    *("Maimunah", "Sulastri", "Partini", "Nurhayati", "Dewi", "Ningsih", "Rukmini", "Astuti"),
)
MEN: Final = (
    *("Slamet", "Bambang", "Suroso", "Wagiman", "Hariyanto", "Mulyono", "Paijan", "Joko"),
    *("Sutrisno", "Ahmad", "Darmaji", "Kasiran", "Timbul", "Budiono", "Rohmat", "Purnomo"),
)
SURNAMES: Final = (
    *("Wonokencono", "Segarawangi", "Telagasari", "Jatirunggo", "Watukebo Alit", "Sriwedaran"),
    *("Randugunting", "Kembangwaru", "Lintangayu", "Padangulan", "Banyulanang", "Gunungsekar"),
    *("Sawahjene", "Kaliwening", "Angsanawati", "Mentariwana"),
)
