#include "ch04/language_sample.h"

const LanguageSample language_samples[LANGUAGE_SAMPLES] = {
    {"en",
     "The library opens at nine in the morning and closes when the last reader has gone home. Most people "
     "come for the "
     "newspapers, which are changed every day, but some of them stay until evening because it is warm and "
     "quiet there. "
     "We would like to know how many books were borrowed last year, and which of these have never been "
     "returned. "
     "Although the weather was bad, they walked through the forest to see whether the old bridge could "
     "still be used. "
     "You should not believe everything that is written about this question; there are good reasons for "
     "both answers.",
     "Yesterday our neighbours told us that the train would be late again. If you want to learn something "
     "new, begin with "
     "what you already understand and ask someone who knows more. Their house stands at the end of a long "
     "street between "
     "two rivers."},
    {"de",
     "Die Bibliothek öffnet um neun Uhr morgens und schließt, wenn der letzte Leser nach Hause gegangen "
     "ist. Die meisten "
     "kommen wegen der Zeitungen, die jeden Tag gewechselt werden, aber manche bleiben bis zum Abend, weil "
     "es dort warm und "
     "ruhig ist. Wir möchten wissen, wie viele Bücher im letzten Jahr ausgeliehen wurden und welche davon "
     "nie "
     "zurückgegeben worden sind. Obwohl das Wetter schlecht war, gingen sie durch den Wald, um zu sehen, "
     "ob die alte Brücke "
     "noch benutzt werden konnte. Man sollte nicht alles glauben, was über diese Frage geschrieben steht.",
     "Gestern haben uns die Nachbarn erzählt, dass der Zug wieder Verspätung hat. Wer etwas Neues lernen "
     "will, fängt mit dem "
     "an, was er schon versteht, und fragt jemanden, der mehr weiß. Ihr Haus steht am Ende einer langen "
     "Straße."},
    {"fr",
     "La bibliothèque ouvre à neuf heures du matin et ferme quand le dernier lecteur est rentré chez lui. "
     "La plupart des gens "
     "viennent pour les journaux, qui sont changés tous les jours, mais certains restent jusqu'au soir "
     "parce qu'il y fait "
     "chaud et que c'est tranquille. Nous voudrions savoir combien de livres ont été empruntés l'année "
     "dernière et lesquels "
     "n'ont jamais été rendus. Bien que le temps fût mauvais, ils ont traversé la forêt pour voir si le "
     "vieux pont pouvait "
     "encore servir. Il ne faut pas croire tout ce qui est écrit sur cette question.",
     "Hier, nos voisins nous ont dit que le train serait encore en retard. Si vous voulez apprendre "
     "quelque chose de nouveau, "
     "commencez par ce que vous comprenez déjà. Leur maison se trouve au bout d'une longue rue entre deux "
     "rivières."},
    {"es",
     "La biblioteca abre a las nueve de la mañana y cierra cuando el último lector se ha ido a su casa. La "
     "mayoría de la "
     "gente viene por los periódicos, que se cambian todos los días, pero algunos se quedan hasta la noche "
     "porque allí hace "
     "calor y hay silencio. Nos gustaría saber cuántos libros se prestaron el año pasado y cuáles de ellos "
     "nunca fueron "
     "devueltos. Aunque hacía mal tiempo, caminaron por el bosque para ver si el puente viejo todavía se "
     "podía usar. No hay "
     "que creer todo lo que está escrito sobre esta cuestión.",
     "Ayer nuestros vecinos nos dijeron que el tren llegaría tarde otra vez. Si quieres aprender algo "
     "nuevo, empieza por lo "
     "que ya entiendes y pregunta a quien sabe más. Su casa está al final de una calle larga entre dos "
     "ríos."},
    {"it",
     "La biblioteca apre alle nove del mattino e chiude quando l'ultimo lettore è tornato a casa. La "
     "maggior parte della "
     "gente viene per i giornali, che vengono cambiati ogni giorno, ma alcuni rimangono fino a sera perché "
     "lì fa caldo ed è "
     "tranquillo. Vorremmo sapere quanti libri sono stati presi in prestito l'anno scorso e quali di "
     "questi non sono mai "
     "stati restituiti. Anche se il tempo era brutto, hanno attraversato il bosco per vedere se il vecchio "
     "ponte si poteva "
     "ancora usare. Non bisogna credere a tutto ciò che si scrive su questa domanda.",
     "Ieri i nostri vicini ci hanno detto che il treno sarebbe stato di nuovo in ritardo. Se vuoi imparare "
     "qualcosa di nuovo, "
     "comincia da quello che già capisci. La loro casa si trova alla fine di una lunga strada tra due "
     "fiumi."},
    {"pt",
     "A biblioteca abre às nove da manhã e fecha quando o último leitor foi para casa. A maioria das "
     "pessoas vem por causa "
     "dos jornais, que são trocados todos os dias, mas algumas ficam até à noite porque lá está quente e é "
     "sossegado. "
     "Gostaríamos de saber quantos livros foram emprestados no ano passado e quais deles nunca foram "
     "devolvidos. Embora o "
     "tempo estivesse mau, eles atravessaram a floresta para ver se a ponte velha ainda podia ser usada. "
     "Não se deve "
     "acreditar em tudo o que está escrito sobre esta questão.",
     "Ontem os nossos vizinhos disseram que o comboio ia chegar atrasado outra vez. Se queres aprender "
     "alguma coisa nova, "
     "começa pelo que já compreendes e pergunta a quem sabe mais. A casa deles fica no fim de uma rua "
     "comprida."},
    {"nl",
     "De bibliotheek gaat om negen uur 's ochtends open en sluit wanneer de laatste lezer naar huis is "
     "gegaan. De meeste "
     "mensen komen voor de kranten, die elke dag worden vervangen, maar sommigen blijven tot de avond "
     "omdat het er warm en "
     "rustig is. Wij zouden graag weten hoeveel boeken er vorig jaar zijn uitgeleend en welke daarvan "
     "nooit zijn "
     "teruggebracht. Hoewel het weer slecht was, liepen ze door het bos om te zien of de oude brug nog "
     "gebruikt kon worden. "
     "Je moet niet alles geloven wat er over deze vraag geschreven staat.",
     "Gisteren vertelden onze buren dat de trein weer te laat zou zijn. Als je iets nieuws wilt leren, "
     "begin dan met wat je al "
     "begrijpt en vraag het aan iemand die meer weet. Hun huis staat aan het einde van een lange straat."},
    {"sv",
     "Biblioteket öppnar klockan nio på morgonen och stänger när den sista läsaren har gått hem. De flesta "
     "kommer för "
     "tidningarna, som byts ut varje dag, men några stannar till kvällen eftersom det är varmt och lugnt "
     "där. Vi skulle vilja "
     "veta hur många böcker som lånades ut förra året och vilka av dem som aldrig har lämnats tillbaka. "
     "Trots att vädret var "
     "dåligt gick de genom skogen för att se om den gamla bron fortfarande kunde användas. Man ska inte "
     "tro på allt som står "
     "skrivet om den här frågan.",
     "I går berättade våra grannar att tåget skulle bli försenat igen. Om du vill lära dig något nytt, "
     "börja med det som du "
     "redan förstår och fråga någon som vet mer. Deras hus ligger i slutet av en lång gata mellan två "
     "floder."},
    {"pl",
     "Biblioteka otwiera się o dziewiątej rano i zamyka, kiedy ostatni czytelnik pójdzie do domu. "
     "Większość ludzi przychodzi "
     "dla gazet, które są wymieniane codziennie, ale niektórzy zostają do wieczora, ponieważ jest tam "
     "ciepło i cicho. "
     "Chcielibyśmy wiedzieć, ile książek wypożyczono w zeszłym roku i których z nich nigdy nie zwrócono. "
     "Chociaż pogoda była "
     "zła, poszli przez las, żeby zobaczyć, czy starego mostu można jeszcze używać. Nie należy wierzyć we "
     "wszystko, co napisano "
     "na ten temat.",
     "Wczoraj sąsiedzi powiedzieli nam, że pociąg znowu się spóźni. Jeśli chcesz nauczyć się czegoś "
     "nowego, zacznij od tego, "
     "co już rozumiesz. Ich dom stoi na końcu długiej ulicy między dwiema rzekami."},
    {"cs",
     "Knihovna se otevírá v devět hodin ráno a zavírá, když poslední čtenář odejde domů. Většina lidí "
     "přichází kvůli novinám, "
     "které se mění každý den, ale někteří zůstávají až do večera, protože je tam teplo a klid. Chtěli "
     "bychom vědět, kolik knih "
     "bylo loni půjčeno a které z nich se nikdy nevrátily. Přestože bylo špatné počasí, šli lesem, aby "
     "zjistili, zda se starý "
     "most ještě dá používat. Nemáte věřit všemu, co je o této otázce napsáno.",
     "Včera nám sousedé řekli, že vlak bude mít zase zpoždění. Pokud se chceš naučit něco nového, začni "
     "tím, čemu už rozumíš. "
     "Jejich dům stojí na konci dlouhé ulice mezi dvěma řekami."},
    {"fi",
     "Kirjasto avataan yhdeksältä aamulla ja suljetaan, kun viimeinen lukija on lähtenyt kotiin. Useimmat "
     "tulevat lukemaan "
     "sanomalehtiä, jotka vaihdetaan joka päivä, mutta jotkut jäävät iltaan asti, koska siellä on lämmintä "
     "ja hiljaista. "
     "Haluaisimme tietää, kuinka monta kirjaa lainattiin viime vuonna ja mitkä niistä eivät ole koskaan "
     "palanneet. Vaikka sää "
     "oli huono, he kävelivät metsän läpi katsomaan, voiko vanhaa siltaa vielä käyttää. Kaikkea ei pidä "
     "uskoa, mitä tästä "
     "kysymyksestä on kirjoitettu.",
     "Eilen naapurimme kertoivat, että juna on taas myöhässä. Jos haluat oppia jotakin uutta, aloita "
     "siitä, minkä jo ymmärrät. "
     "Heidän talonsa on pitkän kadun päässä kahden joen välissä."},
    {"hu",
     "A könyvtár reggel kilenckor nyit, és akkor zár, amikor az utolsó olvasó hazament. A legtöbben az "
     "újságok miatt jönnek, "
     "amelyeket minden nap kicserélnek, de néhányan estig maradnak, mert ott meleg és csend van. "
     "Szeretnénk tudni, hány könyvet "
     "kölcsönöztek ki tavaly, és ezek közül melyeket nem hozták vissza soha. Bár rossz idő volt, átmentek "
     "az erdőn, hogy "
     "megnézzék, lehet-e még használni a régi hidat. Nem kell mindent elhinni, amit erről a kérdésről "
     "írnak.",
     "Tegnap a szomszédaink azt mondták, hogy a vonat megint késni fog. Ha valami újat akarsz tanulni, "
     "kezdd azzal, amit már "
     "értesz. A házuk egy hosszú utca végén áll, két folyó között."},
    {"tr",
     "Kütüphane sabah dokuzda açılır ve son okuyucu evine gittiğinde kapanır. Çoğu insan her gün "
     "değiştirilen gazeteler için "
     "gelir, ama bazıları orası sıcak ve sessiz olduğu için akşama kadar kalır. Geçen yıl kaç kitap ödünç "
     "alındığını ve "
     "bunlardan hangilerinin hiç geri getirilmediğini bilmek istiyoruz. Hava kötü olmasına rağmen, eski "
     "köprünün hâlâ kullanılıp "
     "kullanılamayacağını görmek için ormandan geçtiler. Bu konuda yazılan her şeye inanmamak gerekir.",
     "Dün komşularımız trenin yine geç kalacağını söyledi. Yeni bir şey öğrenmek istiyorsan, zaten "
     "anladığın şeyle başla ve daha "
     "çok bilen birine sor. Onların evi iki nehir arasında uzun bir sokağın sonunda."},
    {"vi",
     "Thư viện mở cửa lúc chín giờ sáng và đóng cửa khi người đọc cuối cùng đã về nhà. Hầu hết mọi người "
     "đến để đọc báo, được "
     "thay mỗi ngày, nhưng một số người ở lại đến tối vì ở đó ấm áp và yên tĩnh. Chúng tôi muốn biết năm "
     "ngoái có bao nhiêu cuốn "
     "sách được mượn và những cuốn nào chưa bao giờ được trả lại. Mặc dù thời tiết xấu, họ đã đi qua khu "
     "rừng để xem cây cầu cũ "
     "có còn dùng được không. Không nên tin tất cả những gì được viết về câu hỏi này.",
     "Hôm qua hàng xóm nói với chúng tôi rằng tàu lại đến muộn. Nếu bạn muốn học điều gì mới, hãy bắt đầu "
     "từ những gì bạn đã "
     "hiểu. Nhà của họ ở cuối một con đường dài giữa hai dòng sông."},
    {"id",
     "Perpustakaan dibuka pada pukul sembilan pagi dan ditutup ketika pembaca terakhir sudah pulang. "
     "Kebanyakan orang datang "
     "untuk membaca koran yang diganti setiap hari, tetapi ada juga yang tinggal sampai malam karena di "
     "sana hangat dan tenang. "
     "Kami ingin tahu berapa banyak buku yang dipinjam tahun lalu dan mana yang tidak pernah dikembalikan. "
     "Walaupun cuaca buruk, "
     "mereka berjalan melewati hutan untuk melihat apakah jembatan tua itu masih dapat dipakai. Jangan "
     "percaya semua yang "
     "ditulis tentang pertanyaan ini.",
     "Kemarin tetangga kami berkata bahwa kereta akan terlambat lagi. Kalau kamu ingin belajar sesuatu "
     "yang baru, mulailah dari "
     "yang sudah kamu mengerti. Rumah mereka ada di ujung jalan yang panjang di antara dua sungai."},
};
