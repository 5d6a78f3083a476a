"""Which reports the rules can read."""

import pytest

from plainfilm.deid.reports import CleanReports, is_understood
from plainfilm.errors import Reason
from plainfilm.records import Rejection, SourceReport

UNREAD = {
    "Chinese": "胸部正位片:双肺纹理清晰,未见明显实质性病变。",
    "Russian": "Лёгкие без очаговых изменений. Сердце не расширено. CT",
    "Dutch": "Het hart is niet vergroot. Geen pleuravocht. De longen zijn helder zonder infiltraat."
    " Vergeleken met het vorige onderzoek geen verandering.",
    "Italian": "Il cuore non è ingrandito. I polmoni sono chiari senza addensamenti. Rispetto al"
    " precedente esame nessuna variazione nei limiti della norma.",
    "Polish": "Serce nie jest powiększone. Brak płynu w jamach opłucnowych. Płuca bez zagęszczeń"
    " miąższowych. Przepona gładka, kąty wolne.",
    "Turkish": "Kalp boyutu normaldir. Plevral efüzyon izlenmedi. Akciğerler temizdir ve"
    " infiltrasyon yoktur. Mediasten orta hatta izlenmektedir.",
}
READ = {
    "English": "IMPRESSION: Stable bibasilar atelectasis, LLL consolidation. NGT, ETT, Swan-Ganz"
    " unchanged. Cardiomegaly w/ vascular congestion.",
    "English with a name in another script": "Lungs clear. Seen by Иванов.",
    "German": "Zwerchfelle glatt begrenzt, Herzschatten mittelständig, altersentsprechende"
    " Gefäßzeichnung, Pleuraerguss links basal, Belüftungsstörung rechts.",
    "Spanish": "Cardiomegalia. Elongación aórtica. Pinzamiento de seno costofrénico izquierdo."
    " Infiltrado intersticial bilateral. Catéter venoso central yugular derecho.",
    "Portuguese": "Área cardíaca normal. Seios costofrênicos livres. Não há consolidações."
    " Comparado ao exame anterior, sem alterações. Arcabouço ósseo íntegro.",
    "French": "Silhouette cardiaque de taille normale. Culs-de-sac pleuraux libres. Pas de foyer"
    " parenchymateux. Médiastin en place.",
    "few words": "Cœur normal.",
}


@pytest.mark.parametrize("language", UNREAD)
def test_report_in_another_language_is_withheld(language: str) -> None:
    (result,) = CleanReports(bytes(32)).process([(7, SourceReport("r", UNREAD[language]))])
    assert isinstance(result, Rejection)
    assert (result.reason, result.item_id) == (Reason.UNREAD_LANGUAGE, 7)


@pytest.mark.parametrize("language", READ)
def test_report_in_one_of_the_languages_is_read(language: str) -> None:
    assert is_understood(READ[language])
