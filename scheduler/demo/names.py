"""First and family names by mother tongue, to be put together at random.

Each list holds common names of the speakers of a language in Latin letters. A person of the
demonstration centre gets one of each, drawn apart from the other: nobody is meant.
"""

from __future__ import annotations

from random import Random

#: Language: (women's first names, men's first names, family names).
_NAMES: dict[str, tuple[str, str, str]] = {
    "ar": (
        "Amina Rania Hanan Samira Noor Layla Fatima Yasmin Salma Huda Zahra Mariam Rima Dalia Nawal Sawsan",
        "Omar Khaled Yousef Bilal Hassan Mahmoud Ahmad Tarek Samir Ibrahim Walid Nabil "
        "Mustafa Ziad Adnan Karim",
        "Haddad Al-Masri Khoury Saleh Nasser Hamdan Darwish Qasim Al-Hassan Jaber "
        "Sayegh Mansour Othman Barakat "
        "Rahal Al-Ali Shahin Zein Najjar Taleb",
    ),
    "prs": (
        "Zohra Parwin Mariam Shabnam Farida Nilofar Laila Sohaila Freshta Marwa Nasima Roya",
        "Ahmad Farid Najib Mirwais Rahim Hamid Jawad Karim Nasir Basir Zabi Yama",
        "Rahimi Ahmadi Karimi Nazari Haidari Sharifi Amiri Azizi Hashimi Rezai Yaqubi Mohseni Sultani Akbari",
    ),
    "fa": (
        "Shirin Maryam Nasrin Leila Mina Parisa Azadeh Niloufar",
        "Reza Amir Mehdi Hossein Kaveh Babak Farhad Arash",
        "Hosseini Moradi Jafari Ebrahimi Tehrani Rostami Kazemi Bahrami Shirazi",
    ),
    "ps": (
        "Gulalai Palwasha Spozhmai Zarghuna Malalai Wazhma Brishna Khatera",
        "Gul Zmarai Wali Khan Toryalai Asad Nazar Shafiq Baryalai Ajmal Sangar Naqib",
        "Stanikzai Zadran Ahmadzai Wardak Safi Mangal Noorzai Popal Shinwari Hotak Kakar Sahak",
    ),
    "ti": (
        "Selam Tsega Freweini Letebrhan Mehret Winta Saba Rahwa Helen Yordanos",
        "Tesfay Berhane Kidane Filmon Yonas Dawit Merhawi Haile Robel Samson",
        "Gebremedhin Tekle Woldu Habte Mehari Berhe Ghebre Tesfamariam Araya Kahsay Zerai Abraha",
    ),
    "so": (
        "Hodan Ifrah Sahra Fadumo Ayaan Hibo Nimco Asha Ubax Deqa",
        "Abdi Liban Mahad Yusuf Farah Guled Said Warsame Jama Hirsi",
        "Abdullahi Warsame Farah Jama Ismail Nur Hassan Aden Osman Duale Elmi Guled",
    ),
    "tr": (
        "Elif Zeynep Ayse Emine Hatice Esra Derya Sevgi",
        "Mehmet Murat Emre Hakan Burak Kemal Serkan Yusuf",
        "Yilmaz Kaya Demir Celik Sahin Aydin Arslan Dogan Polat Ozturk",
    ),
    "ku": (
        "Berivan Rojin Dilan Zilan Nujin Helin Evin Gulistan",
        "Baran Azad Serhat Rojhat Dilovan Hewal Siwan Kawa",
        "Hesso Mohamed Ibrahim Bozan Temo Alo Sino Khalil Osman Rasho",
    ),
    "uk": (
        "Olena Iryna Oksana Nataliia Svitlana Tetiana Kateryna Yuliia Halyna Liudmyla Daryna Mariia",
        "Andrii Oleksandr Serhii Mykola Ihor Taras Vasyl Bohdan",
        "Shevchenko Kovalenko Bondarenko Tkachenko Kravchenko Melnyk Savchenko Marchenko "
        "Lysenko Rudenko Petrenko",
    ),
    "ru": (
        "Zarema Madina Aminat Elena Milana Luiza Irina Svetlana",
        "Ruslan Aslan Timur Anzor Rustam Denis Magomed Viktor",
        "Dudaev Akhmadov Magomedov Isaev Sultanov Umarov Ibragimov Volkov Orlov Baranov",
    ),
    "es": (
        "Lucia Carmen Paola Daniela Yesenia Marisol Rosa Gabriela",
        "Carlos Luis Andres Miguel Jorge Diego Wilmer Oscar",
        "Garcia Rodriguez Lopez Castillo Mejia Rivas Flores Romero Ortega Guzman",
    ),
    "pt": (
        "Ana Mariana Fernanda Juliana Claudia Teresa Ines Rita",
        "Joao Paulo Rafael Tiago Marcelo Rui Bruno Helder",
        "Silva Santos Pereira Oliveira Costa Ferreira Almeida Rodrigues Carvalho",
    ),
    "sq": (
        "Arjeta Valbona Drita Mimoza Blerina Teuta Liridona Albana",
        "Arben Agron Besnik Ilir Fatos Luan Driton Gezim",
        "Krasniqi Gashi Hoxha Berisha Shala Bytyqi Morina Dervishi Leka",
    ),
    "am": (
        "Tigist Hiwot Bethlehem Almaz Meseret Aster",
        "Abebe Getachew Mulugeta Solomon Tadesse Girma",
        "Bekele Alemu Tesfaye Desta Kebede Worku Mengistu Assefa",
    ),
    "en": (
        "Blessing Grace Joy Patience Comfort Abena Adwoa Esther",
        "Emmanuel Samuel Kwame Kofi Chidi Emeka Joseph Daniel",
        "Okafor Mensah Owusu Adeyemi Boateng Nwosu Asante Eze Appiah Balogun",
    ),
    "fr": (
        "Aissatou Mariama Fatoumata Clarisse Grace Nadege Bintou Solange Djeneba Odile",
        "Mamadou Ibrahima Alpha Patrick Herve Ousmane Cedric Thierno Jean-Paul Seydou",
        "Diallo Bah Barry Camara Sow Ngono Mbarga Kabongo Mukendi Ilunga Tshibangu Toure Nkurunziza Keita",
    ),
    "ro": (
        "Elena Mihaela Andreea Ioana Florina Daniela",
        "Ion Mihai Vasile Adrian Florin Marius",
        "Popescu Ionescu Dumitru Stan Munteanu Marin Lupu Ciobanu",
    ),
    "pl": (
        "Agnieszka Katarzyna Malgorzata Beata Dorota Ewa",
        "Piotr Tomasz Krzysztof Marek Pawel Jacek",
        "Nowak Kowalczyk Wisniewski Wojcik Kaminski Mazur Zielinski",
    ),
    "bg": (
        "Desislava Ivanka Gergana Maria Radka Snezhana",
        "Georgi Dimitar Ivan Stoyan Hristo Plamen",
        "Ivanov Georgiev Dimitrov Petrov Stoyanov Todorov Angelov",
    ),
    "be": (
        "Nadia Sophie Claire Anne Julie Leila Valerie Chantal Isabelle Caroline "
        "Marie Sandrine Laurence Karima "
        "Delphine Audrey Fabienne Ingrid",
        "Tom Luc Benoit Marc Vincent Pierre Mehdi Olivier Philippe Alain Thomas Renaud Gauthier Bruno",
        "Lambert Dubois Peeters Janssens Dupont Martens Leclercq Simon Laurent Claes Denis Renard Goossens "
        "Lefebvre Wouters Fontaine Collard Maes Gerard Noel Charlier Hendrickx Body Evrard",
    ),
}

#: Mother tongues of newcomers with their share in percent, then of citizens of the European Union.
NON_EU_TONGUES = {
    "ar": 24, "prs": 13, "ps": 8, "fa": 3, "ti": 8, "so": 7, "tr": 5, "ku": 5,
    "uk": 8, "ru": 4, "es": 3, "sq": 3, "am": 2, "en": 4, "fr": 7, "pt": 1,
}  # fmt: skip
EU_TONGUES = {"ro": 26, "bg": 18, "pl": 14, "es": 18, "pt": 16, "ar": 8}

#: What speakers of a language often know besides it: (language, chance in percent).
ALSO_SPOKEN: dict[str, tuple[tuple[str, int], ...]] = {
    "ar": (("en", 22), ("fr", 8)),
    "prs": (("fa", 60), ("en", 12), ("ps", 15)),
    "fa": (("prs", 50), ("en", 30)),
    "ps": (("prs", 55), ("en", 8)),
    "ti": (("am", 30), ("ar", 25), ("en", 15)),
    "so": (("ar", 25), ("en", 30)),
    "tr": (("en", 15),),
    "ku": (("ar", 75), ("tr", 25)),
    "uk": (("ru", 85), ("en", 30)),
    "ru": (("en", 12),),
    "es": (("en", 15),),
    "pt": (("es", 40), ("en", 15)),
    "sq": (("en", 30),),
    "am": (("en", 40), ("ti", 15)),
    "en": (("fr", 6),),
    "fr": (("en", 8),),
    "ro": (("es", 12), ("en", 18)),
    "pl": (("en", 20), ("ru", 10)),
    "bg": (("tr", 30), ("ru", 15)),
}


def invented_name(rng: Random, tongue: str, woman: bool) -> tuple[str, str]:
    """Draw a first and a family name, apart from each other.

    Parameters
    ----------
    tongue : str
        A key of the name lists; ``"be"`` for names usual in Belgium.

    Returns
    -------
    tuple of str
        First name, family name.
    """
    women, men, families = _NAMES[tongue]
    return rng.choice((women if woman else men).split()), rng.choice(families.split())
