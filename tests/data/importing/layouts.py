"""Small made-up copies of the layouts in which collections are published; the films are drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from radiograde.data.phantom_dicom import to_dicom
from tests.data.drawn import phantom, save


def write(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def dicom(path: Path, seed: int = 0, **elements: str) -> None:
    """Write a drawn film with these elements in place of its own."""
    ds = to_dicom(phantom(seed))
    for keyword, value in elements.items():
        setattr(ds, keyword, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)


def cohen(root: Path) -> None:
    write(
        root / "metadata.csv",
        "patientid,offset,sex,age,finding,RT_PCR_positive,survival,intubated,intubation_present,"
        "went_icu,in_icu,view,modality,date,location,folder,filename,doi,url,license,other_notes",
        "2,0,M,65,Pneumonia/Viral/COVID-19,Y,Y,N,N,N,N,PA,X-ray,2020,Hanoi,images,a.jpeg,,,CC0,",
        '2,3,M,65,Pneumonia/Viral/COVID-19,Y,Y,,,N,N,AP Supine,X-ray,2020,"Hanoi, VN",images,'
        "b.png,,,,",
        "4,,F,,No Finding,,,,,,,L,X-ray,2020,,images,c.jpg,,,CC BY,",
        "7,,,,todo,,,,,,,Axial,CT,2020,,volumes,d.nii.gz,,,,",
        "9,,,,todo,,,,,,,AP,X-ray,2020,,images,gone.jpg,,,,",
    )
    write(
        root / "annotations" / "covid-severity-scores.csv",
        "## COVID-19 Pneumonia Severity Scores (Mean of 3 expert raters)",
        "## License: CC BY-SA",
        "filename,geographic_mean,opacity_mean",
        "a.jpeg,6.7,4.3",
    )
    write(
        root / "brixia" / "public-annotations.csv",
        "filename,S-A,S-B,S-C,S-D,S-E,S-F,S-Global,J-A,J-B,J-C,J-D,J-E,J-F,J-Global",
        "b.png,3,3,2,1,0,0,9,2,3,3,1,1,1,11",
    )
    for seed, name in enumerate(("a.jpeg", "b.png", "c.jpg")):
        save(root / "images" / name, phantom(seed).pixels)


def brixia(root: Path) -> None:
    write(
        root / "metadata_global_v2.csv",
        "Filename;StudyDate;Modality;StudyId;BrixiaScore;BrixiaScoreGlobal;ConsensusTestset;"
        "Subject;Sex;AgeAtStudyDateFiveYear",
        "11.dcm;20200310;CR;5;112033;10;1;s1;M;13",
        "12.dcm;20200311;DX;6;13;4;0;s1;M;13",
        "13.dcm;20200311;DX;7;0;0;0;s2;F;5",
        "99.dcm;20200311;DX;8;0;0;0;s3;F;5",
    )
    modes = ",".join(f"Mode{zone}" for zone in "ABCDEF")
    means = ",".join(f"Mean{zone}" for zone in "ABCDEF")
    write(
        root / "metadata_consensus_v1.csv",
        f"Filename,{means},S-Global,{modes},J-Global",
        "11.dcm,1,1,2,0.4,3,3,10.4,1,1,2,0,3,3,10",
    )
    for seed, name in enumerate(("11", "12", "13")):
        dicom(root / "dicom_clean" / f"{name}.dcm", seed, ViewPosition="AP" if seed else "LL")


def ralo(root: Path) -> None:
    lungs = "Right GEOGRAPHIC,Left GEOGRAPHIC,Total GEOGRAPHIC,Right OPACITY,Left OPACITY,"
    write(
        root / "ralo-dataset-metadata.csv",
        ",,Reader 1,,,,,,Reader 2,,,,,",
        f"Subject_ID,Exam_DateTime,{lungs}Total OPACITY,{lungs}Total OPACITY",
        "S10,20200401_1200,4,3,7,2,1,3,4,4,8,2,2,4",
        "S10,20200402_1200,0,1,1,0,1,1,0,0,0,0,0,0",
        "S11,20200402_1300,2,2,4,1,1,2,2,1,3,1,1,2",
    )
    for number in range(2):
        save(root / "CXR_images_scored" / f"{number}.jpg", phantom(number).pixels)


def siim(root: Path) -> None:
    write(
        root / "train_study_level.csv",
        "id,Negative for Pneumonia,Typical Appearance,Indeterminate Appearance,Atypical Appearance",
        "aa_study,0,1,0,0",
        "bb_study,1,0,0,0",
        "cc_study,0,0,1,0",
    )
    sides = ((20.5, 30, 40, 50), (70, 30, 9.25, 8))
    boxes = [dict(zip(("x", "y", "width", "height"), box, strict=True)) for box in sides]
    write(
        root / "train_image_level.csv",
        "id,boxes,label,StudyInstanceUID",
        f'i1_image,"{boxes}",opacity 1 20.5 30 60.5 80,aa',
        "i2_image,,none 1 0 0 1 1,bb",
        "i3_image,,none 1 0 0 1 1,cc",
        "i4_image,,none 1 0 0 1 1,bb",
    )
    for seed, (study, image) in enumerate((("aa", "i1"), ("bb", "i2"), ("cc", "i3"))):
        path = root / "train" / study / "series" / f"{image}.dcm"
        dicom(path, seed, PatientID=f"anon{seed % 2}", PatientSex="F", PatientAge="000Y")


def rsna(root: Path) -> None:
    write(
        root / "stage_2_train_labels.csv",
        "patientId,x,y,width,height,Target",
        "p1,20.0,30.0,25.0,40.0,1",
        "p1,70.0,30.0,20.0,30.0,1",
        "p2,,,,,0",
        "p3,,,,,0",
    )
    write(
        root / "stage_2_detailed_class_info.csv",
        "patientId,class",
        "p1,Lung Opacity",
        "p1,Lung Opacity",
        "p2,Normal",
        "p3,No Lung Opacity / Not Normal",
    )
    for seed in range(3):
        dicom(root / "stage_2_train_images" / f"p{seed + 1}.dcm", seed, PatientAge="058Y")


def radiography(root: Path) -> None:
    for seed, kind in enumerate(("COVID", "Normal", "Lung_Opacity", "Viral Pneumonia")):
        drawn, name = phantom(seed), f"{kind}-1.png"
        save(root / kind / "images" / name, drawn.pixels)
        mask = Image.fromarray(np.uint8(drawn.lungs.any(0)) * np.uint8(255))
        (root / kind / "masks").mkdir()
        mask.resize((96, 110)).convert("RGB").save(root / kind / "masks" / name)


def jsrt(root: Path) -> None:
    write(
        root / "Clinical_Information" / "CLNDAT_EN.txt",
        "JPCLN001.IMG\t5\t15\t53\tmale\t1634\t692\tmalignant\tl.upper lobe\tlung cancer(S3)",
        "JPCLN002.IMG\t5\t30\t?\tfemale\t1614\t1090\tbenign\tl.upper lobe(S4)\ttuberculoma",
    )
    write(root / "Clinical_Information" / "CNNDAT_EN.TXT", "JPCNN001.IMG 62 female non-nodule")
    for seed, name in enumerate(("JPCLN001", "JPCNN001")):
        drawn = phantom(seed)
        grey = Image.fromarray(drawn.pixels).resize((2048, 2048))
        words = (4095 - np.asarray(grey).clip(0, 1) * 4095).astype(">u2")
        (root / "All247images").mkdir(exist_ok=True)
        words.tofile(root / "All247images" / f"{name}.IMG")
        for side, lung in zip(("right lung", "left lung"), drawn.lungs, strict=True):
            mask = Image.fromarray(np.uint8(lung) * np.uint8(255)).resize((1024, 1024))
            folder = root / "scratch" / f"fold{seed + 1}" / "masks" / side
            folder.mkdir(parents=True)
            mask.save(folder / f"{name}.gif")


def montgomery(root: Path) -> None:
    readings = {
        "MCUCXR_0001_0": "Patient's Sex: F\nPatient's Age: 028Y\nnormal",
        "MCUCXR_0104_1": "Patient's Sex: M\nPatient's Age: 061Y\ninfiltrate in RUL",
    }
    for seed, (name, text) in enumerate(readings.items()):
        drawn = phantom(seed)
        save(root / "CXR_png" / f"{name}.png", drawn.pixels)
        write(root / "ClinicalReadings" / f"{name}.txt", text)
        # Here the names are the picture's sides; the importer goes by where the lungs lie.
        for side, lung in zip(("leftMask", "rightMask"), drawn.lungs, strict=True):
            save(root / "ManualMask" / side / f"{name}.png", lung)


def shenzhen(root: Path) -> None:
    readings = {
        "CHNCXR_0001_0": "male 45yrs\n\nnormal",
        "CHNCXR_0400_1": "female 8month\nPTB in the right upper field",
    }
    for seed, (name, text) in enumerate(readings.items()):
        save(root / "CXR_png" / f"{name}.png", phantom(seed).pixels)
        write(root / "ClinicalReadings" / f"{name}.txt", text)
    save(root / "mask" / "CHNCXR_0001_0_mask.png", phantom(0).lungs.any(0))


def ricord(root: Path) -> None:
    write(
        root / "MIDRC-RICORD-1c_annotations.csv",
        "Reader_id,Anon MRN,Anon TCIA Study Date,CLASS_labelId,CLASS_label,GRADE_labelId,"
        "GRADE_label",
        "U_b,419639-000002,3/14/2005,L1,Typical Appearance,L2,Moderate opacities (3-4 lung zones)",
        "U_a,419639-000002,03/14/2005,L1,Typical Appearance,L2,Severe opacities (>4 lung zones)",
        "U_c,419639-000002,3/14/2005,L1,Atypical Appearance,L2,Mild opacities (1-2 lung zones)",
        "U_a,419639-000003,4/1/2005,L1,Negative for Pneumonia,,",
        "U_a,419639-000009,4/1/2005,L1,Negative for Pneumonia,,",
    )
    studies = (("000002", "20050314"), ("000003", "20050401"), ("000004", "20050401"))
    for seed, (number, day) in enumerate(studies):
        patient = f"MIDRC-RICORD-1C-419639-{number}"
        path = root / "MIDRC-RICORD-1C" / patient / "study" / "series" / "1-1.dcm"
        dicom(path, seed, PatientID=patient, StudyDate=day, PatientAge="070Y")


def mrale(root: Path) -> None:
    write(
        root / "MIDRC mRALE Mastermind Training Annotations_2079_20230428.csv",
        "StudyInstanceUID,Annotator,Right Lung Extent,Right Lung Density,Left Lung Extent,"
        "Left Lung Density,mRALE Score",
        "1.2.3,ann,2 (25-50%),3,0 (none),,6",
        "1.2.3,bob,3,2,1,1,7",
        "1.2.4,ann,0,,0,,0",
        "1.2.9,ann,0,,0,,0",
    )
    for seed, study in enumerate(("1.2.3", "1.2.4", "1.2.5")):
        path = root / "files" / study / "1.dcm"
        dicom(path, seed, StudyInstanceUID=study, PatientID=f"10041{seed}-000", PatientAge="")


LAYOUTS: Mapping[str, Callable[[Path], None]] = {
    made.__name__: made
    for made in (
        cohen,
        brixia,
        ralo,
        siim,
        rsna,
        radiography,
        jsrt,
        montgomery,
        shenzhen,
        ricord,
        mrale,
    )
}
